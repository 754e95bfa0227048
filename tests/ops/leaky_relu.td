tdl 1

net LeakyRelu(x: f32[3, 5]) -> y: f32[3, 5] {
  return leaky_relu(x, slope: 0.2)
}
