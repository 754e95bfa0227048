tdl 1

net Cos(x: f32[3, 5]) -> y: f32[3, 5] {
  return cos(x)
}
