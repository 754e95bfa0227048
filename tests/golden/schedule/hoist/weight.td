tdl 1

// `w` comes once for the turns of a loop, and the sum of its gradient goes back behind the last.

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

net Running(x: f32[6, 16]) -> y: f32[16] {
  param w: f32[16, 16] = uniform(0.5)
  h = x[0]
  repeat t in 1..6 {
    h = tanh(h @ w + x[t])
  }
  return h
}

train steps of Running {
  target     wanted: f32[16]
  loss       mse(y, wanted)
  optimizer  sgd(lr: 0.1)
}

deploy here on cluster {}
