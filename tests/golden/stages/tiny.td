tdl 1

use std.nn

/// The smallest net with everything in it: a hidden layer, a loss, sums over micro-batches.
net Tiny(x: f32[3]) -> y: f32[2] {
  return x |> Linear(4) as hidden |> relu |> Linear(2, bias: false) as out
}

train step of Tiny {
  target     t: f32[2]
  loss       mse(y, t)
  optimizer  sgd(lr: 0.1)
  batch      2 accumulate 3
}
