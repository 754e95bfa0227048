tdl 1
net N(x: f32[1, 4, 4]) -> y: f32[1, 2, 2] {
  param w: f32[3, 3] = zeros
  return conv2d(x, w)
}
// expect: conv2d-kernel @ 4:20
