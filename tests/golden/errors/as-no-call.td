net N(x: f32[3]) -> y: f32[3] {
  return x as pos
}
// expect: as-no-call @ 2:12
