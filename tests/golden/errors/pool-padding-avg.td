tdl 1
net N(x: f32[4, 4]) -> y: f32[4, 4] { return avg_pool2d(x, kernel: 2, stride: 1, padding: 2) }
// expect: pool-padding @ 2:91
