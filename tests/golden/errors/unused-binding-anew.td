tdl 1
net N(x: f32[4]) -> y: f32[4] {
  h = relu(x)
  h = tanh(x)
  repeat i in 0..2 {
    h = h + x
    x = x * i
    h = exp(h)
    h = relu(x)
  }
  return h
}
// expect: unused-binding @ 3:3
// expect: unused-binding @ 8:5
