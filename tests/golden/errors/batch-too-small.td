// One value of a channel has no variance: single samples of one pixel.
tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[3] {
  return Linear(x, 3) as fc |> BatchNorm as norm
}
train t of N {
  target     label: class(3)
  loss       cross_entropy(y, label)
  optimizer  sgd(lr: 0.1)
}
// expect: batch-too-small @ 7:1
