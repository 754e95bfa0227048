tdl 1
use std.nn
use std.chips

net Dense(x: f32[24, 75]) -> y: f32[24, 20] {
  h = Linear(x, 100) as fc1 |> gelu
  h = LayerNorm(h) as norm1
  h = Linear(h, 52) as fc2 |> tanh
  h = h * sigmoid(Linear(h, 52) as gate)
  return Linear(h, 20) as fc3
}
train all of Dense {
  target     t: f32[24, 20]
  loss       mse(y, t)
  optimizer  sgd(lr: 0.01)
}
deploy cluster on pulp_cluster {}
