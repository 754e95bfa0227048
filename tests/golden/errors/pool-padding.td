tdl 1
net N(x: f32[1, 4, 4]) -> y: f32[1, 4, 4] { return max_pool2d(x, kernel: 3, stride: 1, padding: 2) }
// expect: pool-padding @ 2:97
