tdl 1
chip board {
  cores      1
  platform   "../board"
  memory     RAM, size: 256 KiB
  tensors    RAM
  constants  RAM
  image      RAM
}
// expect: platform-name @ 4:14
