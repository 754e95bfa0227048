tdl 1
use std.nn
use std.chips

net Tall(x: f32[4, 44, 12]) -> y: f32[6] {
  h = Conv2d(x, 24, kernel: 3, stride: 2, padding: 1) as conv |> relu
  h = Conv2d(h, 24, kernel: 3, padding: 1, groups: 24) as depthwise1 |> relu
  h = Conv2d(h, 32, kernel: 1) as pointwise1 |> relu
  h = Conv2d(h, 32, kernel: 3, padding: 1, groups: 32) as depthwise2 |> relu
  h = Conv2d(h, 16, kernel: 1, stride: (1, 2)) as pointwise2 |> relu
  h = Conv2d(h, 16, kernel: (5, 3), padding: (2, 1), groups: 16) as depthwise3 |> relu
  m = mean(reshape(h, [16, 22 * 3]), axis: -1)
  return Linear(m, 6) as fc
}
train all of Tall {
  target     t: class(6)
  loss       cross_entropy(y, t)
  optimizer  sgd(lr: 0.01)
}
deploy cluster on pulp_cluster {}
