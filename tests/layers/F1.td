tdl 1

use std.nn

net Example(x: f32[5, 4]) -> y: f32[5, 3] {
  return Linear(x, 3) as head
}

train t of Example {
  target     label: class(3)[5]
  loss       cross_entropy(y, label)
  metric     F1(y, label, positive: 1)
  optimizer  sgd(lr: 0.1)
}
