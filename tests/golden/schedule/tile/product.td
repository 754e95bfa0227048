tdl 1

/// A scratchpad of 4 KiB, of which 1 KiB are stacks: the weights do not fit.
chip small {
  cores      2
  platform   "qemu_user"
  memory     NEAR, size: 4 KiB, stack: 1 KiB
  memory     FAR, size: 256 KiB
  tensors    FAR
  constants  FAR
  image      FAR
  scratchpad NEAR, transfer: 20, bandwidth: 8, load: 15
}

net Product(x: f32[4, 16]) -> y: f32[4, 48] {
  param w: f32[16, 48] = uniform(0.25)
  return x @ w
}

deploy board on small {
  budget  NEAR <= 4 KiB
}
