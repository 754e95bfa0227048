tdl 1

/// RAM holds one of the two matrices, beside code and tensors. The first one is the smallest that
/// leaves enough room.
chip small {
  cores      2
  platform   "qemu_user"
  memory     NEAR, size: 8 KiB, stack: 1 KiB
  memory     RAM, size: 8 KiB
  memory     FAR, size: 256 KiB, code: 32 KiB
  tensors    RAM
  constants  RAM
  image      FAR
  scratchpad NEAR, transfer: 20, bandwidth: 8, load: 15
  stream     FAR, transfer: 100, bandwidth: 1
}

net Frozen(x: f32[16]) -> y: f32[32] {
  param u: f32[16, 48] = uniform(0.25)
  param v: f32[48, 32] = uniform(0.25)
  return relu(x @ u) @ v
}

deploy board on small {
  budget  RAM <= 8 KiB
}
