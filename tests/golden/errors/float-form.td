let a = .5
let b = 2. * 3
// expect: float-form @ 1:9
// expect: float-form @ 2:9
