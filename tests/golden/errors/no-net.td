tdl 1
block Twice(x: f32[n]) -> f32[n] { return x * 2 }
// expect: no-net @ 1:1
