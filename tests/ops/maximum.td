tdl 1

net Maximum(a: f32[3, 5], b: f32[5]) -> y: f32[3, 5] {
  return maximum(maximum(a, b), 0.5)
}
