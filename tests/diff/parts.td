tdl 1

use std.nn

/// A matrix that stands on the left of `@`: it mixes rows, not columns.
block Mix(x: f32[n, d], out: dim) -> f32[out, d] {
  param weight: f32[out, n] = kaiming_uniform(fan_in: n)
  return weight @ x
}

net Parts(image: f32[5, 4]) -> logits: f32[3] {
  rows = image |> Linear(4) as fc |> LayerNorm() as norm |> Mix(6) as mix |> RmsNorm() as rms_norm
  return rows |> tanh |> mean(axis: 1) |> Linear(3) as head
}

train norm_weight of Parts {
  target     label: class(3)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 1.0)
  batch      2 accumulate 2
  freeze     **
  train      norm.weight
}

train norm_bias extends norm_weight {
  freeze     norm.weight
  train      norm.bias
}

/// B A times alpha / rank is added to a matrix of `@` on the left as to one on the right.
train mix_adapter extends norm_weight {
  freeze     **
  lora       mix rank 2 alpha 3
}
