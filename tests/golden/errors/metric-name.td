tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[3] { return Linear(x, 3) as head }
train t of N {
  loss       mean(y)
  metric     mean(y) * 2
  optimizer  sgd(lr: 0.1)
}
// expect: metric-name @ 6:14
