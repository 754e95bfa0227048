tdl 1
chip board {
  cores      2
  platform   "pulp_cluster"
  memory     RAM, size: 64 KiB
  memory     NEAR, size: 8 KiB
  memory     FAR, size: 1 MiB
  tensors    RAM
  constants  RAM
  image      FAR
  scratchpad NEAR, transfer: 20, bandwidth: 8, load: 15
  stream     FAR, transfer: 100, bandwidth: 1, load: 15
}
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
deploy d on board { budget RAM <= 64 KiB }
// expect: chip-clause @ 12:48
