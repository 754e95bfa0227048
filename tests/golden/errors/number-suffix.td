let a = 3x
let b = 64KB
// expect: number-suffix @ 1:10
// expect: number-suffix @ 2:11
