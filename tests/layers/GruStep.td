tdl 1

use std.nn

net Example(x: f32[3, 12]) -> y: f32[4] {
  param weight: f32[12, 4] = uniform(0.5)
  param bias: f32[12] = zeros
  h = zeros([4])
  repeat i in 0..3 {
    h = GruStep(h, x[i], weight, bias)
  }
  return h
}
