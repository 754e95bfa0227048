tdl 1
chip board {
  cores      2
  platform   "qemu_user"
  memory     RAM, size: 256 KiB, stack: 16 KiB, main_stack: 40 KiB
  tensors    RAM
  constants  RAM
  image      RAM
}
// expect: chip-main-stack @ 5:3
