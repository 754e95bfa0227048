// Turns that share a call share its states, too.
tdl 1
block Counter(x: f32[n]) -> f32[n] {
  state count: f32[n] = zeros
  update count = count + 1
  return x * count
}
net N(x: f32[4]) -> y: f32[4] {
  state mean: f32[4] = zeros
  update mean = mean * 2
  update mean = mean * 3
  repeat i in 0..3 {
    x = Counter(x) as counter shared
  }
  return x - mean
}
// expect: updated-twice @ 5:10
// expect: updated-twice @ 11:10
