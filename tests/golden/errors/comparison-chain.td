let a = 1 < 2 < 3
let b = (1 == 2 == 3)
// expect: comparison-chain @ 1:15
// expect: comparison-chain @ 2:17
