net N(x: f32[3]) -> y: f32[3] {
  z = x $ 2
  return é & x
}
// expect: source-character @ 2:9
// expect: source-character @ 3:10
// expect: source-character @ 3:13
