tdl 1
chip board {
  cores      2
  platform   "pulp_cluster"
  memory     NEAR, size: 16 KiB, stack: 1 KiB
  memory     RAM, size: 256 KiB, code: 32 KiB
  tensors    RAM
  constants  RAM
  image      RAM
  scratchpad NEAR, transfer: 20, bandwidth: 8, load: 15
}
/// Three rows of 4 KiB, which a softmax needs whole: one of x and one of y at a time.
net N(x: f32[3, 1024]) -> y: f32[3, 1024] { return softmax(x, axis: -1) }
deploy d on board { budget NEAR <= 8 KiB }
// expect: memory-does-not-fit @ 14:28
