tdl 1

net Silu(x: f32[3, 5]) -> y: f32[3, 5] {
  return silu(x)
}
