tdl 1
block Bias(x: f32[n]) -> f32[n] {
  param shift: f32[n]
  return x + shift
}
net N(x: f32[4]) -> y: f32[4] { return Bias(x) as bias }
// expect: parameter-without-value @ 3:9
