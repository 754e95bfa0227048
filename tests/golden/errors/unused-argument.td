tdl 1
block First(x: f32[n], other: f32[n]) -> f32[n] { return relu(x) }
// expect: unused-argument @ 2:24
