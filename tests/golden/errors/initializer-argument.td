tdl 1
net N(x: f32[4]) -> y: f32[4] {
  param shift: f32[4] = normal
  return x + shift
}
// expect: initializer-argument @ 3:25
