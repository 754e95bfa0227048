net N(x: f32[3]) -> y: f32[3] {
  z = [x, 2)
  return z
}
// expect: bracket-mismatch @ 2:12
