tdl 1
block Twice(x: f32[n]) -> f32[n] { return relu(x) }
block Twice(x: f32[n]) -> f32[n] { return x }
// expect: duplicate-name @ 3:7
