tdl 1
net N(x: f32[3, 4, 4]) -> y: f32[4, 2, 2] {
  param w: f32[4, 1, 3, 3] = zeros
  return conv2d(x, w, groups: 2)
}
// expect: conv2d-groups @ 4:31
