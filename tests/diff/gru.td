tdl 1

use std.nn

let turns = 16

/// One step of a GRU as PyTorch defines it.
block GruCell(x: f32[n], h: f32[d]) -> f32[d] {
  gi = Linear(x, 3 * d) as ih
  gh = Linear(h, 3 * d) as hh
  r = sigmoid(gi[0..d] + gh[0..d])
  z = sigmoid(gi[d..2 * d] + gh[d..2 * d])
  c = tanh(gi[2 * d..3 * d] + r * gh[2 * d..3 * d])
  return (1 - z) * c + z * h
}

/// A recurrence over vectors that are trained themselves: their gradients come from every turn.
net Gru(window: f32[turns, 6]) -> logits: f32[5] {
  x = Linear(window, 8) as embed
  h = x[0] * 0
  repeat t in 0..turns {
    h = GruCell(x[t], h) as gru shared
  }
  return h |> Linear(5) as fc
}

train all of Gru {
  target     label: class(5)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.1)
  batch      3
}

train last of Gru {
  target     label: class(5)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 0.1)
  batch      2
  accumulate 2
  freeze     gru.**
}
