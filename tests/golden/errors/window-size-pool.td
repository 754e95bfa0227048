tdl 1
net N(x: f32[1, 4, 4]) -> y: f32[1, 1, 1] { return max_pool2d(x, kernel: 5, stride: 1) }
// expect: window-size @ 2:74
