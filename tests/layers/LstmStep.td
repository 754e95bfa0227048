tdl 1

use std.nn

net Example(x: f32[3, 16]) -> y: f32[4] {
  param weight: f32[16, 4] = uniform(0.5)
  param bias: f32[16] = zeros
  h = zeros([4])
  c = zeros([4])
  repeat i in 0..3 {
    h, c = LstmStep(h, c, x[i], weight, bias)
  }
  return h + c
}
