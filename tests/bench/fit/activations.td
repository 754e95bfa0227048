tdl 1
use std.nn
use std.chips

block Activations(x: f32[n, m]) -> f32[n, m] {
  a = silu(x) + hardswish(x * 0.9)
  b = elu(a) - leaky_relu(x, slope: 0.1)
  c = softplus(b) + hardsigmoid(a)
  d = minimum(c, relu6(x)) + maximum(a, abs(b))
  return d
}

/// Activations of few and of many elements.
net Net(x: f32[60, 20]) -> y: f32[9] {
  h = Linear(x, 44) as fc1 |> Activations
  h = Linear(h, 12) as fc2 |> Activations |> Dropout(p: 0.3) as drop1
  h = mean(h, axis: 0) |> Linear(30) as fc3
  h = Activations(reshape(h, [1, 30])) |> Dropout(p: 0.3) as drop2
  return Linear(reshape(h, [30]), 9) as fc4
}
train all of Net {
  target     t: class(9)
  loss       cross_entropy(y, t)
  optimizer  sgd(lr: 0.01)
}
deploy cluster on pulp_cluster {}
