tdl 1
block Labels(x: class[3]) -> i32[3] { return x }
// expect: type-argument @ 2:17
