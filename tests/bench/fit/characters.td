tdl 1
use std.nn
use std.chips

/// A recurrence, whose steps work in L2, and attention that looks back, over the same samples.
block GruCell(x: f32[n], h: f32[d]) -> f32[d] {
  gi = Linear(x, 3 * d) as ih
  gh = Linear(h, 3 * d) as hh
  r = sigmoid(gi[0..d] + gh[0..d])
  z = sigmoid(gi[d..2 * d] + gh[d..2 * d])
  c = tanh(gi[2 * d..3 * d] + r * gh[2 * d..3 * d])
  return (1 - z) * c + z * h
}

net Characters(x: f32[12, 10]) -> y: f32[20] {
  v = Linear(x, 24) as embed
  h = v[0] * 0
  repeat t in 0..12 { h = GruCell(v[t], h) as gru shared }
  q = Linear(v, 24) as q
  k = Linear(v, 24) as k
  a = softmax(mask(q @ transpose(k) * 0.2, true), axis: -1) @ v
  m = mean(a, axis: 0)
  return Linear(h + m, 20) as fc
}
train all of Characters {
  target     t: class(20)
  loss       cross_entropy(y, t)
  metric     accuracy(y, t)
  optimizer  sgd(lr: 0.01)
}
deploy cluster on pulp_cluster {}
