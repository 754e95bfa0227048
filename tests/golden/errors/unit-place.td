let a = 64  KiB
// expect: unit-place @ 1:13
