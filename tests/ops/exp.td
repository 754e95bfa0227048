tdl 1

net Exp(x: f32[3, 5]) -> y: f32[3, 5] {
  return exp(x)
}
