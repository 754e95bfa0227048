tdl 1

net Gelu(x: f32[3, 5]) -> y: f32[3, 5] {
  return gelu(x)
}
