// Window steps stay far below int32, in which kernels count.
net N(image: f32[1, 8, 8]) -> y: f32[1, 1, 1] {
  param w: f32[1, 1, 3, 3] = zeros()
  _a = conv2d(image, w, stride: 0)
  _b = conv2d(image, w, padding: 1000000000)
  return max_pool2d(image, kernel: 2, stride: 70000)
}
// expect: window-step @ 4:33
// expect: window-step @ 5:34
// expect: window-step @ 6:47
