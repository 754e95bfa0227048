tdl 1
block Labels(x: f32(3)[4]) -> f32[4] { return x }
// expect: type-argument @ 2:17
