tdl 1

net Max(x: f32[3, 5, 4]) -> y: f32[] {
  return max(x)
}
