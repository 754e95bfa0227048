tdl 1
use std.nn
use std.chips

block Residual(x: f32[c, h, w], out: dim, stride: dim = 1) -> f32[out, i, j] {
  a = Conv2d(x, out, kernel: 3, stride: stride, padding: 1) as conv1 |> relu
  b = Conv2d(a, out, kernel: 3, padding: 1) as conv2
  if stride == 1 { s = x } else { s = Conv2d(x, out, kernel: 1, stride: stride) as skip }
  return relu(b + s)
}

/// The ResNet-8 of MLPerf Tiny's image classification, without its batch norms.
net Resnet(x: f32[3, 32, 32]) -> y: f32[10] {
  h = Conv2d(x, 16, kernel: 3, padding: 1) as conv |> relu
  h = Residual(h, 16) as stage1
  h = Residual(h, 32, stride: 2) as stage2
  h = Residual(h, 64, stride: 2) as stage3
  m = mean(reshape(h, [64, 64]), axis: -1)
  return Linear(m, 10) as fc
}
train all of Resnet {
  target     t: class(10)
  loss       cross_entropy(y, t)
  optimizer  sgd(lr: 0.01)
}
deploy cluster on pulp_cluster {}
