tdl 1
net N(x: f32[4]) -> y: f32[4] {
  let h = relu(x)
  return h
}
// expect: let-tensor @ 3:11
