tdl 1

net Where(a: f32[3, 5], b: f32[5]) -> y: f32[3, 5] {
  return where(a > 0, a, b) + where(less(a, b), 1, 0)
}
