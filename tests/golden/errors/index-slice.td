tdl 1
net N(x: f32[4]) -> y: f32[2] { return x[0:2] }
// expect: index-slice @ 2:42
