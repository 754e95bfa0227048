tdl 1

use std.nn

net Example(x: f32[3, 5]) -> y: f32[4] {
  h = zeros([4])
  c = zeros([4])
  repeat i in 0..3 {
    h, c = LstmCell(x[i], h, c) as cell shared
  }
  return h + c
}
