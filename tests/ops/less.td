tdl 1

net Less(a: f32[3, 5], b: f32[5]) -> y: f32[3, 5] {
  return less(less(a, b), 0)
}
