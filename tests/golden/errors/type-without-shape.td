tdl 1
block Scalar(x: f32) -> f32[] { return x }
// expect: type-without-shape @ 2:17
