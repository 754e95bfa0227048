tdl 1
net N(x: f32[4]) -> y: f32[4] {
  repeat i in 3 {
    x = relu(x)
  }
  return x
}
// expect: wrong-kind @ 3:15
