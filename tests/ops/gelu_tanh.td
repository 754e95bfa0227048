tdl 1

net GeluTanh(x: f32[3, 5]) -> y: f32[3, 5] {
  return gelu_tanh(x)
}
