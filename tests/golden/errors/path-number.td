net N(x: f32[3]) -> y: f32[3] {
  return relu(x) as a.1e3
}
// expect: path-number @ 2:23
