// A state has one next value, not one for each sample.
tdl 1
net N(x: f32[4]) -> y: f32[4] {
  param scale: f32[4] = ones
  state mean: f32[4] = zeros
  update mean = 0.9 * mean + 0.1 * x
  return x * scale - mean
}
train t of N {
  target     goal: f32[4]
  loss       mse(y, goal)
  optimizer  sgd(lr: 0.1)
}
// expect: state-depends-on-sample @ 6:17
