tdl 1

net Equal(a: f32[3, 5], b: f32[5]) -> y: f32[3, 5] {
  return equal(equal(a, b), 0)
}
