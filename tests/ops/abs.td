tdl 1

net Abs(x: f32[3, 5]) -> y: f32[3, 5] {
  return abs(x)
}
