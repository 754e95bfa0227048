tdl 1
net N(x: f32[1, 6, 4]) -> y: f32[1, 3, 1] {
  param w: f32[1, 1, 4, 5] = zeros
  return conv2d(x, w)
}
// expect: window-size @ 4:20
