tdl 1

use std.nn

/// Inverted residuals: without widening, with a stride, and one that adds its input; then a separable convolution with a stride.
/// Without tanh the first norm's bias would have no gradient, because the next norm takes it away.
net Mobile(image: f32[3, 9, 8]) -> logits: f32[3] {
  x = image
    |> InvertedResidual(4, expand: 1) as features.0
    |> tanh
    |> InvertedResidual(5, stride: 2, expand: 3) as features.1
    |> InvertedResidual(5, expand: 2) as features.2
    |> DepthwiseSeparable(6, stride: 2, bias: false) as separable
    |> BatchNorm2d as norm
    |> relu6
  return GlobalAvgPool(x) |> Linear(3) as head
}

train steps of Mobile {
  target     label: class(3)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 0.05)
  batch      6
}

train update extends steps {
  optimizer  sgd(lr: 1.0)
}
