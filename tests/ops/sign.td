tdl 1

net Sign(x: f32[3, 5]) -> y: f32[3, 5] {
  return sign(x)
}
