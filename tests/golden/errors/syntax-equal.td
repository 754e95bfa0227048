net N(x: f32[3]) -> y: f32[3] {
  if x = 3 { return x }
  return x
}
// expect: syntax @ 2:8
