tdl 1
net N(x: f32[4]) -> y: f32[4] {
  state mean: f32[4] = zeros
  return x - mean
}
// expect: not-yet @ 3:9
