tdl 1
use std.nn
use std.chips

/// Batch norms and poolings of wide, narrow and single images.
net Norms(x: f32[3, 32, 20]) -> y: f32[6] {
  h = Conv2d(x, 24, kernel: 3, padding: 1, bias: false) as conv1 |> BatchNorm2d as norm1 |> relu
  h = avg_pool2d(h, kernel: 2, stride: 2)
  h = Conv2d(h, 40, kernel: 3, padding: 1, bias: false) as conv2 |> BatchNorm2d as norm2 |> relu6
  h = avg_pool2d(h, kernel: 3, stride: 2, padding: 1) |> Dropout(p: 0.25) as drop
  h = Conv2d(h, 40, kernel: 3, padding: 1, groups: 40, bias: false) as depthwise |> BatchNorm2d(statistics: "running") as norm3 |> relu
  g = mean(h, axis: [-2, -1]) |> Linear(64, bias: false) as fc1 |> BatchNorm as norm4 |> relu
  return Linear(g, 6) as fc2
}
train all of Norms {
  target     t: class(6)
  loss       cross_entropy(y, t)
  optimizer  sgd(lr: 0.01)
  batch      2
}
deploy cluster on pulp_cluster {}
