net N(x: f32[3]) -> y: f32[3] {
  require x, "a {1 +} b {}"
  return x
}
// expect: syntax @ 2:21
// expect: syntax @ 2:26
