tdl 1

net Clamp(x: f32[3, 5]) -> y: f32[3, 5] {
  return clamp(x, low: -1, high: 0.5)
}
