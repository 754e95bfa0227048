tdl 1

/// A weight's gradient is consumed where it is made; the update stands in place.

chip small {
  cores      2
  platform   "qemu_user"
  memory     NEAR, size: 64 KiB, stack: 1 KiB
  memory     FAR, size: 2564 KiB
  tensors    FAR
  constants  FAR
  image      FAR
  scratchpad NEAR, transfer: 1, bandwidth: 8, load: 15
  engine     rows: 6, columns: 8, blocks: 8, latency: 4, job: 15, launch: 120
}

net Update(x: f32[64, 64]) -> y: f32[64, 256] {
  param w: f32[64, 256] = uniform(0.25)
  return x @ w
}

train all of Update {
  target     t: f32[64, 256]
  loss       mse(y, t)
  optimizer  sgd(lr: 0.1)
}

deploy board on small {
  budget  NEAR <= 64 KiB
}
