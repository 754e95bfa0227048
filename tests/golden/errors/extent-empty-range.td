tdl 1
net N(x: f32[4]) -> y: f32[2] { return x[2..2] + x[0..2] }
// expect: extent @ 2:42
