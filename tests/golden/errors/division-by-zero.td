tdl 1
net N(x: f32[4]) -> y: f32[4] { return x / 0 }
// expect: division-by-zero @ 2:44
