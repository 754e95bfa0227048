tdl 1
chip board {
  cores      2
  platform   "pulp_cluster"
  memory     NEAR, size: 4 KiB
  memory     RAM, size: 64 KiB
  tensors    RAM
  constants  RAM
  image      RAM
  scratchpad NEAR, transfer: 20, load: 15
}
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
deploy d on board { budget RAM <= 64 KiB }
// expect: chip-clause @ 10:3
