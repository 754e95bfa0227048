tdl 1
use std.nn
use std.chips

block Functions(x: f32[n, m]) -> f32[n, m] {
  e = gelu_tanh(x) * clamp(x, low: -1, high: 1)
  f = pow(1.5 + sigmoid(e), exponent: 2.5) * rsqrt(1.5 + sigmoid(x))
  g = sin(f) + cos(x) * e
  return log_softmax(g) - min(g, axis: -1, keep: true)
}

/// Functions of few and of many elements.
net Net(x: f32[60, 20]) -> y: f32[9] {
  h = Linear(x, 44) as fc1 |> Functions
  h = Linear(h, 12) as fc2 |> Functions |> Dropout(p: 0.3) as drop1
  h = mean(h, axis: 0) |> Linear(30) as fc3
  h = Functions(reshape(h, [1, 30])) |> Dropout(p: 0.3) as drop2
  return Linear(reshape(h, [30]), 9) as fc4
}
train all of Net {
  target     t: class(9)
  loss       cross_entropy(y, t)
  optimizer  sgd(lr: 0.01)
}
deploy cluster on pulp_cluster {}
