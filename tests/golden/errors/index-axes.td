tdl 1
net N(x: f32[4]) -> y: f32[] { return x[0, 1] }
// expect: index-axes @ 2:40
