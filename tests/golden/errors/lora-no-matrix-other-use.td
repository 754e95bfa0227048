tdl 1
block Own(x: f32[n]) -> f32[n] {
  param w: f32[n, n] = ones
  return x @ w + w[0, ..]
}
net N(x: f32[4]) -> y: f32[4] { return Own(x) as own }
train t of N {
  loss       mean(y)
  optimizer  sgd(lr: 0.1)
  freeze     **
  lora       own rank 1
}
// expect: lora-no-matrix @ 11:14
