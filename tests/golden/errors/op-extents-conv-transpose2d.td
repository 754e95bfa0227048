tdl 1
net N(x: f32[3, 4, 4]) -> y: f32[..] {
  param w: f32[2, 3, 2, 2] = zeros
  return conv_transpose2d(x, w)
}
// expect: op-extents @ 4:30
