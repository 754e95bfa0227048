tdl 1
net N(x: f32[4]) -> y: f32[4] {
  let h = 3
  h = relu(x)
  return x * h
}
// expect: rebinds-static @ 4:3
