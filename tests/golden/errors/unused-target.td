tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[3] { return Linear(x, 3) as head }
train t of N {
  target     label: class(3)
  loss       mean(y)
  optimizer  sgd(lr: 0.1)
}
// expect: unused-target @ 5:14
