tdl 1
block Nothing(x: f32[n], twice: bool) -> f32[n] {
  if twice {
    return x * 2
  }
}
// expect: missing-return @ 2:7
