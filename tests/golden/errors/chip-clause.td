tdl 1
chip board {
  cores      0
  platform   "qemu_user"
  memory     RAM, size: 256 KiB
  tensors    RAM
  constants  RAM
  image      RAM
}
// expect: chip-clause @ 3:3
