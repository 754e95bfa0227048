net N(x: f32[3]) -> y: f32[3] {
  z = x +
  return z
}
// expect: syntax @ 2:10
