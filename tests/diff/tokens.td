tdl 1

use std.nn

/// Attention over steps some of which are padding: where the last feature is not positive. Each step gets a class.
net Tokens(x: f32[7, 8]) -> logits: f32[7, 4] {
  mask = x[:, 7] > 0
  h = Linear(x, 8) as fc
  m = h + MaskedAttention(LayerNorm(h) as norm1, mask, heads: 2) as masked
  g = m + GroupedAttention(LayerNorm(m) as norm2, heads: 4, groups: 2, causal: true) as grouped
  return Linear(g, 4) as head
}

/// Class 0 says nothing about its step.
train ignore of Tokens {
  target     label: class(4)[7]
  loss       IgnoringCrossEntropy(logits, label, ignored: 0)
  optimizer  sgd(lr: 1.0)
  batch      4
}

train weighted extends ignore {
  loss       WeightedCrossEntropy(logits, label, concat([full([2], value: 0.5), ones([1]), full([1], value: 3)], axis: 0))
}
