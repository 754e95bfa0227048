tdl 1

net Elu(x: f32[3, 5]) -> y: f32[3, 5] {
  return elu(x, alpha: 0.5)
}
