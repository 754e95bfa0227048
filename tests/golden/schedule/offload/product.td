tdl 1

/// A matrix engine beside the cores: products are its, what is not stays with them.
chip small {
  cores      2
  platform   "qemu_user"
  memory     NEAR, size: 4 KiB, stack: 1 KiB
  memory     FAR, size: 256 KiB
  tensors    FAR
  constants  FAR
  image      FAR
  scratchpad NEAR, transfer: 20, bandwidth: 8, load: 15
  engine     rows: 6, columns: 8, blocks: 8, latency: 4, job: 150
}

net Product(x: f32[4, 16]) -> y: f32[4, 48] {
  param w: f32[16, 48] = uniform(0.25)
  return relu(x @ w)
}

deploy board on small {
  budget  NEAR <= 4 KiB
}
