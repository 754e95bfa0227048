tdl 1
use std.nn
net N(x: f32[2, 4]) -> y: f32[2, 3] { return Linear(x, 3) as head }
train t of N {
  target     label: class(3)
  loss       mean(y)
  metric     accuracy(y, label)
  optimizer  sgd(lr: 0.1)
}
// expect: label-shape @ 7:26
