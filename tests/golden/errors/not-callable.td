tdl 1
net N(x: f32[4]) -> y: f32[4] {
  h = relu(x)
  return h(x)
}
// expect: not-callable @ 4:10
