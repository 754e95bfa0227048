tdl 1
chip board {
  cores      64
  platform   "pulp_cluster"
  memory     RAM, size: 64 KiB
  tensors    RAM
  constants  RAM
  image      RAM
}
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
// expect: chip-clause @ 3:3
