tdl 1
net N(x: f32[4, 5], w: f32[3, 4]) -> y: f32[4, 4] { return x @ w }
// expect: matmul-inner-dim @ 2:64
