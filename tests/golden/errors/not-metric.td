tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[3] { return Linear(x, 3) as head }
train t of N {
  loss       mean(y)
  metric     parts = y
  optimizer  sgd(lr: 0.1)
}
// expect: not-metric @ 6:22
