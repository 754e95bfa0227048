tdl 1

net Add(a: f32[3, 5], b: f32[5]) -> y: f32[3, 5] {
  return a + b
}
