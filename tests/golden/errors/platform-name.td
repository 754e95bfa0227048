tdl 1
chip board {
  cores      1
  platform   "x\nall: pwn\npwn:\n\ttouch PWNED\n#"
  memory     RAM, size: 256 KiB
  tensors    RAM
  constants  RAM
  image      RAM
}
// expect: platform-name @ 4:14
