tdl 1

net Sqrt(x: f32[3, 5]) -> y: f32[3, 5] {
  return sqrt(x)
}
