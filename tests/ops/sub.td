tdl 1

net Sub(a: f32[3, 5], b: f32[3, 1]) -> y: f32[3, 5] {
  return a - b
}
