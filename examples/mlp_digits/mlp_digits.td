tdl 1

use std.nn
use std.chips

/// Handwritten digits, 8x8 grey values from 0 (paper) to 1 (ink), read by two dense layers.
net Mlp(image: f32[64]) -> logits: f32[10] {
  return image |> Linear(64) as fc1 |> relu |> Linear(10) as fc2
}

/// Plain gradient descent on eight digits at a time.
train digits of Mlp {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.1)
  batch      8
}

/// Eight cores with everything in their second memory.
deploy cluster on pulp_cluster {
  budget  L1 <= 128 KiB, L2 <= 2 MiB
}

/// One core with 256 KiB.
deploy mcu on mcu_256k {
  budget  RAM <= 256 KiB
}
