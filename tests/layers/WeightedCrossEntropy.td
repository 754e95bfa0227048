tdl 1

use std.nn

net Example(x: f32[4]) -> y: f32[3] {
  return Linear(x, 3) as head
}

train t of Example {
  target     label: class(3)
  loss       WeightedCrossEntropy(y, label, concat([ones([2]), full([1], value: 4)], axis: 0))
  optimizer  sgd(lr: 0.1)
}
