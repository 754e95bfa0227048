tdl 1
net N(x: f32[4]) -> y: f32[4] {
  param shift: f32[4] = uniform(-1)
  return x + shift
}
// expect: initializer-range @ 3:33
