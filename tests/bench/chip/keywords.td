tdl 1
use std.nn
use std.chips

block Separable(x: f32[c, h, w], out: dim) -> f32[out, h, w] {
  a = Conv2d(x, c, kernel: 3, padding: 1, groups: c) as depthwise |> relu
  return Conv2d(a, out, kernel: 1) as pointwise |> relu
}

/// The depthwise separable network of MLPerf Tiny's keyword spotting, without its batch norms.
net Keywords(x: f32[1, 49, 10]) -> y: f32[12] {
  h = Conv2d(x, 64, kernel: (10, 4), stride: 2, padding: (4, 1)) as conv |> relu
  repeat i in 0..4 { h = Separable(h, 64) as block[i] }
  m = mean(reshape(h, [64, 24 * 5]), axis: -1)
  return Linear(m, 12) as fc
}
train all of Keywords {
  target     t: class(12)
  loss       cross_entropy(y, t)
  optimizer  sgd(lr: 0.01)
}
deploy cluster on pulp_cluster {}
