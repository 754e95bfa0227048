tdl 1
use std.nn
let width = 3
block Halves(x: f32[n]) -> f32[n], f32[n] { return x / 2, x / 2 }
net N(x: f32[4]) -> y: f32[3] {
  let depth = 2
  h = relu(x)
  first, _second = Halves(x)
  return Linear(first, 3) as head
}
// expect: unused-binding @ 3:5
// expect: unused-binding @ 6:7
// expect: unused-binding @ 7:3
