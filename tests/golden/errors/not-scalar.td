tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[3] { return Linear(x, 3) as head }
train t of N {
  loss       y * y
  optimizer  sgd(lr: 0.1)
}
// expect: not-scalar @ 5:14
