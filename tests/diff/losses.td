tdl 1

use std.nn

/// Numbers of all sizes, so that each loss is taken where it bends and where it is large.
net Scaled(x: f32[6]) -> y: f32[6] {
  param weight: f32[6] = ones
  return x * weight
}

train l1 of Scaled {
  target     t: f32[6]
  loss       L1Loss(y, t)
  optimizer  sgd(lr: 1.0)
  batch      4
}

train huber extends l1 {
  loss       HuberLoss(y, t, delta: 0.75)
}

train bce extends l1 {
  loss       BceWithLogits(y, t)
}

train soft extends l1 {
  loss       SoftCrossEntropy(y, t)
}

train cosine extends l1 {
  loss       CosineLoss(y, t)
}

train smooth of Scaled {
  target     label: class(6)
  loss       SmoothCrossEntropy(y, label, smoothing: 0.2)
  optimizer  sgd(lr: 1.0)
  batch      4
}
