let a = 64
  KiB
// expect: unit-place @ 2:3
