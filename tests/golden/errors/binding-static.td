tdl 1
net N(x: f32[4]) -> y: f32[4] {
  h = 3
  return x * h
}
// expect: binding-static @ 3:7
