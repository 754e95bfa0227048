tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[3] { return Linear(x, 3) as head }
train t of N {
  target     label: dim
  loss       mean(y) + label
  optimizer  sgd(lr: 0.1)
}
// expect: target-type @ 5:21
