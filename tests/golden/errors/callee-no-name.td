net N(x: f32[3]) -> y: f32[3] {
  return f(x)(x)
}
// expect: callee-no-name @ 2:10
