net N(x f32[3], z: 3, w: f32) -> y: f32[3] {
  return
}
// expect: syntax @ 1:9
// expect: syntax @ 1:20
// expect: syntax @ 2:9
