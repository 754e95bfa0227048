let a = 9223372036854775808
let b = 1e999
// expect: number-range @ 1:9
// expect: number-range @ 2:9
