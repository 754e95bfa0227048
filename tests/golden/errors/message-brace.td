net N(x: f32[3]) -> y: f32[3] {
  require x, "a { b"
  require x, "a } b"
  return x
}
// expect: message-brace @ 2:17
// expect: message-brace @ 3:17
