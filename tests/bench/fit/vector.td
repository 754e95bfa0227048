tdl 1
use std.nn
use std.chips

net Vector(x: f32[200]) -> y: f32[30] {
  h = Linear(x, 96) as fc1 |> relu
  h = Linear(h, 172) as fc2 |> relu
  h = Linear(h, 33) as fc3 |> relu
  return Linear(h, 30) as fc4
}
train all of Vector {
  target     t: class(30)
  loss       cross_entropy(y, t)
  optimizer  sgd(lr: 0.01)
}
deploy cluster on pulp_cluster {}
