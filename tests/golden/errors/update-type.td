tdl 1
net N(x: f32[4]) -> y: f32[4] {
  state mean: f32[4] = zeros
  state total: f32[2, 2] = zeros
  update mean = total
  update total = 3
  return x - mean + reshape(total, [4])
}
// expect: update-type @ 5:17
// expect: update-type @ 6:18
