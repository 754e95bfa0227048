tdl 1

use std.nn

// The first rows of the second matrix come while the first product runs.

chip cluster {
  cores      4
  platform   "host"
  memory     L1, size: 20 KiB, stack: 4 KiB
  memory     L2, size: 1 MiB
  tensors    L2
  constants  L2
  image      L2
  scratchpad L1, transfer: 60, bandwidth: 8, load: 15
}

net Chain(x: f32[8, 64]) -> y: f32[8, 64] {
  h = Linear(x, 64, bias: false) as first
  return Linear(h, 64, bias: false) as second
}

train all of Chain {
  target     t: f32[8, 64]
  loss       mse(y, t)
  optimizer  sgd(lr: 0.1)
}

deploy here on cluster {}
