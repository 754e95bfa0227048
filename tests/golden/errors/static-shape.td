tdl 1
block Widths(x: f32[n], widths: dim[3]) -> f32[n] { return x * widths }
// expect: static-shape @ 2:36
