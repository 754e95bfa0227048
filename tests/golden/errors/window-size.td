tdl 1
net N(x: f32[1, 4, 4]) -> y: f32[1, 1, 1] {
  param w: f32[1, 1, 5, 5] = zeros
  _a = conv2d(x, w)
  return max_pool2d(x, kernel: 4, stride: 1)
}
// expect: window-size @ 4:18
