tdl 1

net Mask(scores: f32[2, 5, 5]) -> y: f32[2, 5, 5] {
  return mask(scores, causal: true)
}
