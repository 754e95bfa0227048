net N(x: f32[3]) -> y: f32[3] {
  return relu(x
}
// expect: bracket-mismatch @ 3:1
