tdl 1

use std.nn

// Weights come while the launch before runs, and what they become goes back while the next one does.

chip cluster {
  cores      4
  platform   "host"
  memory     L1, size: 16 KiB, stack: 4 KiB
  memory     L2, size: 1 MiB
  tensors    L2
  constants  L2
  image      L2
  scratchpad L1, transfer: 60, bandwidth: 8, load: 15
}

net Chain(x: f32[8, 32]) -> y: f32[8, 32] {
  h = relu(x)
  return relu(Linear(h, 32, bias: false) as fc)
}

train all of Chain {
  target     t: f32[8, 32]
  loss       mse(y, t)
  optimizer  sgd(lr: 0.1)
}

deploy here on cluster {}
