tdl 1

use std.nn
use std.chips

/// One step of a GRU as PyTorch defines it.
block GruCell(x: f32[n], h: f32[d]) -> f32[d] {
  gi = Linear(x, 3 * d) as ih
  gh = Linear(h, 3 * d) as hh
  r = sigmoid(gi[0..d] + gh[0..d])
  z = sigmoid(gi[d..2 * d] + gh[d..2 * d])
  c = tanh(gi[2 * d..3 * d] + r * gh[2 * d..3 * d])
  return (1 - z) * c + z * h
}

/// A recurrence over 32 samples of a six-axis sensor.
net Gru(x: f32[32, 6]) -> logits: f32[6] {
  h = x[0] |> Linear(48) as start
  repeat t in 0..32 {
    h = GruCell(x[t], h) as gru shared
  }
  return h |> Linear(6) as fc
}

train all of Gru {
  target     label: class(6)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 0.1)
  batch      1
}

deploy chip on pulp_cluster {}
