tdl 1
net N(x: f32[4]) -> y: f32[4] {
  repeat i in 0..1000000 {
    x = relu(x)
  }
  return x
}
// expect: expansion-limit @ 3:15
