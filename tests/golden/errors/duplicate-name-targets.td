tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[3] { return Linear(x, 3) as head }
train t of N {
  target     x: f32[3]
  target     label: class(3)
  loss       cross_entropy(y, label)
  optimizer  sgd(lr: 0.1)
}
// expect: duplicate-name @ 5:14
