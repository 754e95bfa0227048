tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[3] { return Linear(x, 3) as head }
train t of N {
  loss       mean(y)
  metric     three = (mean(y), mean(y), mean(y))
  metric     one = (mean(y), y)
  optimizer  sgd(lr: 0.1)
}
// expect: not-metric @ 6:22
// expect: not-metric @ 7:20
