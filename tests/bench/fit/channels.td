tdl 1
use std.nn
use std.chips

net Channels(x: f32[6, 20, 20]) -> y: f32[9] {
  h = Conv2d(x, 40, kernel: 3, padding: 1) as conv1 |> relu
  h = Conv2d(h, 72, kernel: 3, padding: 1) as conv2 |> relu |> max_pool2d(kernel: 3, stride: 2, padding: 1)
  h = Conv2d(h, 48, kernel: 3, stride: 2, padding: 1) as conv3 |> relu
  h = Conv2d(h, 36, kernel: 1) as conv4 |> relu |> max_pool2d(kernel: 2, stride: 2)
  return Linear(reshape(h, [36 * 2 * 2]), 9) as fc
}
train all of Channels {
  target     t: class(9)
  loss       cross_entropy(y, t)
  optimizer  sgd(lr: 0.01)
}
deploy cluster on pulp_cluster {}
