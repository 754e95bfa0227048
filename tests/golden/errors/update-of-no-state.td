// What `update` names must be a state: neither a parameter nor a tensor of the body.
tdl 1
net N(x: f32[4]) -> y: f32[4] {
  param scale: f32[4] = ones
  state mean: f32[4] = zeros
  y = x * scale - mean
  update scale = scale
  update y = mean
  update mean = mean
  return y
}
// expect: update-of-no-state @ 7:10
// expect: update-of-no-state @ 8:10
