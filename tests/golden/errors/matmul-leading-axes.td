tdl 1
net N(x: f32[2, 3, 4], z: f32[5, 4, 3]) -> y: f32[2, 3, 3] { return x @ z }
// expect: matmul-leading-axes @ 2:73
