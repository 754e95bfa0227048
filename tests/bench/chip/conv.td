tdl 1
use std.nn
use std.chips

/// An image that trains, so that the convolution behind it has a gradient in both directions.
block Image(x: f32[c, h, w]) -> f32[c, h, w] {
  param weight: f32[c, h, w] = normal(0.2)
  return x + weight
}

/// One convolution in three directions: 64 to 128 channels, 3x3, 16x16 pixels.
net Conv(x: f32[64, 16, 16]) -> y: f32[128, 16, 16] {
  h = Image(x) as image
  return Conv2d(h, 128, kernel: 3, padding: 1, bias: false) as conv
}
train all of Conv {
  target     t: f32[128, 16, 16]
  loss       mse(y, t)
  optimizer  sgd(lr: 0.01)
}
deploy cluster on pulp_cluster {}
