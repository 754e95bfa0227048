tdl 1
net N(x: f32[4]) -> y: f32[4] {
  return x / 1e-300
}
// expect: division-by-zero @ 3:14
