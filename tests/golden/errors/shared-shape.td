tdl 1
block Dense(x: f32[n], out: dim) -> f32[out] {
  param weight: f32[out, n] = zeros
  param bias: f32[out] = zeros
  return weight @ x + bias
}
net N(x: f32[4]) -> y: f32[6] {
  repeat i in 0..2 {
    x = Dense(x, 5 + i) as layer shared
  }
  return x
}
// expect: shared-shape @ 3:17
