// ÿ
let a = 1
// expect: source-encoding @ 1:4
