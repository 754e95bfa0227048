tdl 1
net N(x: f32[2, 1, 3]) -> y: f32[..] {
  param w: f32[2, 1, 2, 3] = zeros
  return conv_transpose2d(x, w, stride: 2, padding: (1, 2))
}
// expect: conv-transpose2d-padding @ 4:53
