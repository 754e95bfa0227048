tdl 1

net Sigmoid(x: f32[3, 5]) -> y: f32[3, 5] {
  return sigmoid(x)
}
