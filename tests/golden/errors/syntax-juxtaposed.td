net N(x: f32[3]) -> y: f32[3] {
  z = x y
  w = f(x y)
  return z 5
}
// expect: syntax @ 2:9
// expect: syntax @ 3:11
// expect: syntax @ 4:12
