tdl 1

use std.nn

net Example(x: f32[3, 5]) -> y: f32[4] {
  h = zeros([4])
  repeat i in 0..3 {
    h = GruCell(x[i], h) as cell shared
  }
  return h
}
