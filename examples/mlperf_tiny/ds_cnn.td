tdl 1

use std.nn
use "./chips.td"

/// A depthwise and a pointwise convolution, each with batch norm and ReLU.
block Separable(x: f32[c, h, w]) -> f32[c, h, w] {
  a = relu(BatchNorm2d(Conv2d(x, c, kernel: 3, padding: 1, groups: c) as depthwise) as bn1)
  return relu(BatchNorm2d(Conv2d(a, c, kernel: 1) as pointwise) as bn2)
}

/// DS-CNN of MLPerf Tiny: keywords from 49 frames of 10 mel coefficients.
net DsCnn(mfcc: f32[1, 49, 10]) -> logits: f32[12] {
  x = relu(BatchNorm2d(Conv2d(mfcc, 64, kernel: (10, 4), stride: 2, padding: (5, 1)) as conv) as bn)
  repeat i in 0..4 {
    x = Separable(x) as blocks[i]
  }
  return Linear(GlobalAvgPool(x), 12) as head
}

/// Everything but the biases before batch norms, which have no gradient.
train full of DsCnn {
  target     label: class(12)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.05)
  batch      2 accumulate 4
  freeze     conv.bias, blocks.*.{depthwise,pointwise}.bias
  assert     params(all) + params(states) == 24908
}

train last_block of DsCnn {
  target     label: class(12)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.05)
  batch      2 accumulate 4
  freeze     **
  train      blocks.3.**, head.**
  freeze     conv.bias, blocks.*.{depthwise,pointwise}.bias
}

train lora extends last_block {
  freeze     **
  lora       blocks.3.pointwise rank 4
  train      head.**
}

deploy cluster on pulp_cluster_for_code {
  budget  L1 <= 128 KiB, L2 <= 2 MiB
}
