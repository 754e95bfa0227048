tdl 1

net LessEqual(a: f32[3, 5], b: f32[5]) -> y: f32[3, 5] {
  return less_equal(less_equal(a, b), 0)
}
