tdl 1

net Tanh(x: f32[3, 5]) -> y: f32[3, 5] {
  return tanh(x)
}
