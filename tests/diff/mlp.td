tdl 1

use std.nn

net Mlp(image: f32[64]) -> logits: f32[10] {
  return image |> Linear(64) as fc1 |> relu |> Linear(10) as fc2
}

/// Twenty steps of this give `loss` and `final`.
train steps of Mlp {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 0.1)
  batch      3
}

/// One step of this gives `update`.
train update of Mlp {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 1.0)
  batch      3
}
