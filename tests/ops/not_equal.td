tdl 1

net NotEqual(a: f32[3, 5], b: f32[5]) -> y: f32[3, 5] {
  return not_equal(not_equal(a, b), 0)
}
