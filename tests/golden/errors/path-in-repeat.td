tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[4] {
  repeat i in 0..2 {
    x = Linear(x, 4) as layer
  }
  return x
}
// expect: path-in-repeat @ 5:25
