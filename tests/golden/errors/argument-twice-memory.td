tdl 1
chip board {
  cores      1
  platform   "qemu_user"
  memory     RAM, size: 64 KiB, size: 128 KiB
  tensors    RAM
  constants  RAM
  image      RAM
}
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
// expect: argument-twice @ 5:33
