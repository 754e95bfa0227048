tdl 1
use std.nn
use std.chips

/// Depthwise convolutions as in keyword spotting, of which the last has all three directions.
net Depthwise(x: f32[64, 24, 5]) -> y: f32[64, 24, 5] {
  a = Conv2d(x, 64, kernel: 3, padding: 1, groups: 64, bias: false) as first
  return Conv2d(a, 64, kernel: 3, padding: 1, groups: 64, bias: false) as last
}
train all of Depthwise {
  target     t: f32[64, 24, 5]
  loss       mse(y, t)
  optimizer  sgd(lr: 0.01)
}
deploy cluster on pulp_cluster {}
