tdl 1

/// A product, what is added to it and its activation, cut along columns; the product is the engine's.
chip small {
  cores      2
  platform   "qemu_user"
  memory     NEAR, size: 64 KiB, stack: 1 KiB
  memory     FAR, size: 256 KiB
  tensors    FAR
  constants  FAR
  image      FAR
  scratchpad NEAR, transfer: 1, bandwidth: 8, load: 15
  engine     rows: 6, columns: 8, blocks: 8, latency: 4, job: 15, launch: 120
}

net Dense(x: f32[64, 64]) -> y: f32[64, 256] {
  param w: f32[64, 256] = uniform(0.25)
  param b: f32[256] = uniform(0.25)
  return relu(x @ w + b)
}

deploy board on small {
  budget  NEAR <= 64 KiB
}
