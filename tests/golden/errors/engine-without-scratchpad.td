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
  engine     rows: 6, columns: 8, blocks: 8, latency: 4, job: 150
}
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
deploy d on board { budget RAM <= 64 KiB }
// expect: engine-without-scratchpad @ 11:3
