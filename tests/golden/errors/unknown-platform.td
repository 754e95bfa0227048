tdl 1
chip board {
  cores      1
  platform   "board"
  memory     RAM, size: 256 KiB
  tensors    RAM
  constants  RAM
  image      RAM
}
net N(x: f32[3]) -> y: f32[] {
  return sum(x)
}
deploy d on board {}
// expect: unknown-platform @ 4:14
