net N(x: f32[3]) -> y: f32[3] {
  return x
// expect: bracket-unclosed @ 1:31
