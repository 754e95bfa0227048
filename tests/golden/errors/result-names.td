block N(x: f32[3]) -> y: f32[3], f32[3] {
  return x, x
}
// expect: result-names @ 1:34
