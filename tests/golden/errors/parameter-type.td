tdl 1
block Bias(x: f32[n]) -> f32[n] {
  param shift: i32[n] = zeros
  return x + shift
}
net N(x: f32[4]) -> y: f32[4] { return Bias(x) as bias }
// expect: parameter-type @ 3:16
