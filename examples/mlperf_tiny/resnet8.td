tdl 1

use std.nn
use "./chips.td"

/// Two convolutions of 3x3 with batch norms beside a way round them, which is a convolution of 1x1 where the shape
/// changes.
block Residual(x: f32[c, h, w], out: dim, stride: dim = 1) -> f32[out, i, j] {
  a = relu(BatchNorm2d(Conv2d(x, out, kernel: 3, stride: stride, padding: 1) as conv1) as bn1)
  b = BatchNorm2d(Conv2d(a, out, kernel: 3, padding: 1) as conv2) as bn2
  if stride == 1 {
    s = x
  } else {
    s = Conv2d(x, out, kernel: 1, stride: stride) as skip
  }
  return relu(b + s)
}

/// ResNet-8 of MLPerf Tiny, for CIFAR-10.
net ResNet8(image: f32[3, 32, 32]) -> logits: f32[10] {
  x = relu(BatchNorm2d(Conv2d(image, 16, kernel: 3, padding: 1) as conv) as bn)
  x = Residual(x, 16) as stage1
  x = Residual(x, 32, stride: 2) as stage2
  x = Residual(x, 64, stride: 2) as stage3
  return Linear(GlobalAvgPool(x), 10) as head
}

/// Everything but the biases before batch norms, which have no gradient.
train full of ResNet8 {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.05)
  batch      2 accumulate 4
  freeze     conv.bias, *.{conv1,conv2}.bias
  assert     params(all) + params(states) == 78666
}

train last_block of ResNet8 {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.05)
  batch      2 accumulate 4
  freeze     **
  train      stage3.**, head.**
  freeze     conv.bias, *.{conv1,conv2}.bias
}

train lora extends last_block {
  freeze     **
  lora       stage3.{conv1,conv2} rank 4
  train      head.**
}

deploy cluster on pulp_cluster_for_code {
  budget  L1 <= 128 KiB, L2 <= 2 MiB
}
