tdl 1
chip board {
  cores      1
  platform   "qemu_user"
  memory     RAM, size: 256 KiB
  tensors    RAM
  constants  RAM
}
// expect: chip-without @ 2:6
