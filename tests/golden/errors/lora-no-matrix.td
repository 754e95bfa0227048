tdl 1
block Shift(x: f32[n]) -> f32[n] {
  param by: f32[n] = zeros
  return x + by
}
net N(x: f32[4]) -> y: f32[4] { return Shift(x) as shift }
train t of N {
  loss       mean(y)
  optimizer  sgd(lr: 0.1)
  freeze     **
  lora       shift rank 2
}
// expect: lora-no-matrix @ 11:14
