tdl 1

net Sin(x: f32[3, 5]) -> y: f32[3, 5] {
  return sin(x)
}
