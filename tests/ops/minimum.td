tdl 1

net Minimum(a: f32[3, 5], b: f32[5]) -> y: f32[3, 5] {
  return minimum(minimum(a, b), 0.5)
}
