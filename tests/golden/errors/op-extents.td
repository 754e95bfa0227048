tdl 1
net N(x: f32[4, 5]) -> y: f32[4, 5] {
  param w: f32[3] = ones
  param b: f32[5] = zeros
  return layer_norm(x, w, b)
}
// expect: op-extents @ 5:24
