tdl 1

net Pow(x: f32[3, 5]) -> y: f32[3, 5] {
  return pow(x, exponent: 3)
}
