tdl 1
let big = 1000000 * 1000000 * 1000000 * 1000000
// expect: static-range @ 2:11
