tdl 1

use std.nn

/// Batch norms behind a convolution, a depthwise one, and of features. `statistics` of the first may be frozen.
block Trunk(image: f32[2, 7, 5], statistics: string) -> f32[5] {
  x = Conv2d(image, 6, kernel: 3, padding: 1, bias: false) as conv
  x = relu(BatchNorm2d(x, eps: 0.01, statistics: statistics) as bn1)
  x = Conv2d(x, 6, kernel: (3, 2), stride: (2, 1), groups: 6, bias: false) as depthwise
  x = relu(BatchNorm2d(x, momentum: 0.3) as bn2)
  x = mean(x, axis: [1, 2]) |> Linear(5, bias: false) as fc
  return tanh(BatchNorm(x) as bn3)
}

net Norms(image: f32[2, 7, 5]) -> logits: f32[3] {
  return Trunk(image, statistics: "batch") as trunk |> Linear(3) as head
}

/// The same, the first norm with the statistics that it was given.
net FrozenNorms(image: f32[2, 7, 5]) -> logits: f32[3] {
  return Trunk(image, statistics: "running") as trunk |> Linear(3) as head
}

train steps of Norms {
  target     label: class(3)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 0.05)
  batch      4
}

train update extends steps {
  optimizer  sgd(lr: 1.0)
}

/// Each micro-batch has statistics of its own.
train micro extends update {
  batch      2 accumulate 3
}

train frozen of FrozenNorms {
  target     label: class(3)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 1.0)
  batch      4
}
