tdl 1

use std.nn
use "./chips.td"

/// A convolution with batch norm and ReLU.
block ConvNorm(x: f32[c, h, w], out: dim, kernel: dim, stride: dim = 1, padding: dim = 0, groups: dim = 1) -> f32[out, i, j] {
  y = Conv2d(x, out, kernel: kernel, stride: stride, padding: padding, groups: groups) as conv
  return relu(BatchNorm2d(y) as bn)
}

/// MobileNetV1 of MLPerf Tiny, a quarter as wide as the first, 96x96: is there a person in the picture?
net MobileNetV1(image: f32[3, 96, 96]) -> logits: f32[2] {
  x = ConvNorm(image, 8, kernel: 3, stride: 2, padding: 1) as stem
  repeat i, (out, stride) in [
    (16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (128, 1), (128, 1), (128, 1), (128, 1), (256, 2), (256, 1),
  ] {
    x = Separable(x, out, stride: stride) as blocks[i]
  }
  return Linear(GlobalAvgPool(x), 2) as head
}

/// Depthwise, then pointwise.
block Separable(x: f32[c, h, w], out: dim, stride: dim) -> f32[out, i, j] {
  a = ConvNorm(x, c, kernel: 3, stride: stride, padding: 1, groups: c) as depthwise
  return ConvNorm(a, out, kernel: 1) as pointwise
}

train last_block of MobileNetV1 {
  target     label: class(2)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.05)
  batch      2 accumulate 4
  freeze     **
  train      blocks.12.**, head.**
  freeze     **.conv.bias
}

/// Everything but the biases before batch norms, which have no gradient.
train full of MobileNetV1 {
  target     label: class(2)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.1)
  batch      16
  freeze     **.conv.bias
  assert     params(all) + params(states) == 221794
}

train lora extends last_block {
  freeze     **
  lora       blocks.{11,12}.pointwise.conv rank 4
  train      head.**
}

deploy cluster on pulp_cluster_for_code {
  budget  L1 <= 128 KiB, L2 <= 2 MiB
}
