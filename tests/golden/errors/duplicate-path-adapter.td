tdl 1
block Own(x: f32[n]) -> f32[n] {
  param w: f32[n, n] = ones
  param lora_a: f32[n] = ones
  return x @ w * lora_a
}
net N(x: f32[4]) -> y: f32[4] { return Own(x) as own }
train t of N {
  loss       mean(y)
  optimizer  sgd(lr: 0.1)
  freeze     **
  lora       own rank 1
}
// expect: duplicate-path @ 12:14
