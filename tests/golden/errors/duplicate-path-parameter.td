tdl 1
net N(x: f32[4]) -> y: f32[4] {
  param a: f32[4] as scale = ones
  param b: f32[4] as scale = ones
  return x * a * b
}
// expect: duplicate-path @ 4:22
