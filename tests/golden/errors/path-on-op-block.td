tdl 1
block Twice(x: f32[n]) -> f32[n] { return x * 2 }
net N(x: f32[4]) -> y: f32[4] { return Twice(x) as twice }
// expect: path-on-op @ 3:52
