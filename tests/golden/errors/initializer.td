tdl 1
block Bias(x: f32[n]) -> f32[n] {
  param shift: f32[n] = zeroes
  return x + shift
}
// expect: initializer @ 3:25
