// The mean of each channel is taken away from it, and with it the bias.
tdl 1
use std.nn
net N(x: f32[2, 5, 4]) -> y: f32[3] {
  x = Conv2d(x, 3, kernel: 3) as conv |> BatchNorm2d as norm |> relu
  return mean(x, axis: [1, 2])
}
train t of N {
  target     label: class(3)
  loss       cross_entropy(y, label)
  optimizer  sgd(lr: 0.1)
  batch      4
}
// expect: structural-zero @ 26:11
