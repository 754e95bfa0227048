tdl 1
net N(x: f32[4]) -> y: f32[4] {
  state = relu(x)
  return tanh(state)
}
// expect: reserved-word @ 3:3
