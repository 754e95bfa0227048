tdl 1
chip board {
  cores      2
  platform   "pulp_cluster"
  memory     RAM, size: 64 KiB
  tensors    RAM
  constants  RAM
  image      RAM
  scratchpad RAM, transfer: 20, bandwidth: 8, load: 15
}
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
deploy d on board { budget RAM <= 64 KiB }
// expect: scratchpad-tensors @ 9:14
