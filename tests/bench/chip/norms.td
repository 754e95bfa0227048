tdl 1
use std.nn
use std.chips

/// Norms, softmax and poolings of 8,192 elements each, which all train through.
net Norms(x: f32[8, 32, 32]) -> y: f32[8, 16, 16] {
  param scale: f32[8, 32, 32] = ones
  h = BatchNorm2d(x * scale) as batch |> rearrange("c h w -> (c h w)") |> rearrange("(t d) -> t d", d: 128)
  h = LayerNorm(h) as layer
  h = RmsNorm(h) as rms
  h = softmax(h, axis: -1) |> rearrange("t d -> (t d)") |> rearrange("(c h w) -> c h w", c: 8, h: 32)
  a = max_pool2d(h, kernel: 3, stride: 2, padding: 1)
  return a + avg_pool2d(h, kernel: 3, stride: 2, padding: 1)
}
train all of Norms {
  target     t: f32[8, 16, 16]
  loss       mse(y, t)
  optimizer  sgd(lr: 0.01)
}
deploy cluster on pulp_cluster {}
