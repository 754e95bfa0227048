let a = 1__000
let b = 1_
// expect: number-grouping @ 1:9
// expect: number-grouping @ 2:9
