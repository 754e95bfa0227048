tdl 1
use std.nn
use std.chips

net Images(x: f32[3, 20, 24]) -> y: f32[7] {
  h = Conv2d(x, 20, kernel: 5, padding: 2) as conv1 |> relu |> max_pool2d(kernel: 2, stride: 2)
  h = Conv2d(h, 28, kernel: 3, padding: 1) as conv2 |> relu
  g = Conv2d(h, 28, kernel: 3, padding: 1, bias: false) as conv3
  h = relu(h + g)
  h = Conv2d(h, 24, kernel: 3, stride: 2, padding: 1) as conv4 |> relu |> max_pool2d(kernel: 3, stride: 2, padding: 1)
  h = Conv2d(h, 12, kernel: 1) as conv5 |> relu
  return Linear(reshape(h, [12 * 3 * 3]), 7) as fc
}
train all of Images {
  target     t: class(7)
  loss       cross_entropy(y, t)
  optimizer  sgd(lr: 0.01)
}
deploy cluster on pulp_cluster {}
