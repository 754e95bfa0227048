tdl 1

net LayerNorm(x: f32[3, 5], weight: f32[5], bias: f32[5]) -> y: f32[3, 5] {
  return layer_norm(x, weight, bias, eps: 1e-5)
}
