tdl 1
use std.nn
use std.chips

net Depthwise(x: f32[2, 30, 17]) -> y: f32[5] {
  h = Conv2d(x, 12, kernel: (7, 3), padding: (3, 1)) as conv |> relu
  h = Conv2d(h, 12, kernel: 3, padding: 1, groups: 12) as depthwise1 |> relu
  h = Conv2d(h, 12, kernel: 3, stride: 2, padding: 1, groups: 12) as depthwise2 |> relu
  h = Conv2d(h, 44, kernel: 1) as pointwise1 |> relu
  h = Conv2d(h, 44, kernel: 5, padding: 2, groups: 44) as depthwise3 |> relu
  h = Conv2d(h, 40, kernel: 1) as pointwise2 |> relu
  h = Conv2d(h, 40, kernel: 3, stride: 2, padding: 1, groups: 40) as depthwise4 |> relu
  h = Conv2d(h, 40, kernel: 3, padding: 1, groups: 40) as depthwise5 |> relu
  m = mean(reshape(h, [40, 8 * 5]), axis: -1)
  return Linear(m, 5) as fc
}
train all of Depthwise {
  target     t: class(5)
  loss       cross_entropy(y, t)
  optimizer  sgd(lr: 0.01)
}
deploy cluster on pulp_cluster {}
