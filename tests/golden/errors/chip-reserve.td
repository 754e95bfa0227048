tdl 1
chip board {
  cores      1
  platform   "qemu_user"
  memory     RAM, size: 256 KiB, code: 200 KiB, stack: 100 KiB
  tensors    RAM
  constants  RAM
  image      RAM
}
// expect: chip-reserve @ 5:3
