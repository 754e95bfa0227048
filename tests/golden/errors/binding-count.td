tdl 1
block Two(x: f32[n]) -> a: f32[n], b: f32[n] { return relu(x), tanh(x) }
net N(x: f32[4]) -> y: f32[4] {
  a, b, c = Two(x)
  return a + b + c
}
// expect: binding-count @ 4:13
