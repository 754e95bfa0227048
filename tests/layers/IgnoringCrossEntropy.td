tdl 1

use std.nn

net Example(x: f32[5, 4]) -> y: f32[5, 3] {
  return Linear(x, 3) as head
}

train t of Example {
  target     label: class(3)[5]
  loss       IgnoringCrossEntropy(y, label, ignored: 0)
  optimizer  sgd(lr: 0.1)
}
