tdl 1

net Softplus(x: f32[3, 5]) -> y: f32[3, 5] {
  return softplus(x)
}
