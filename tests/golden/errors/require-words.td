tdl 1
block Wide(x: f32[n]) -> f32[n] {
  require n > 8
  return relu(x)
}
net N(x: f32[4]) -> y: f32[4] { return Wide(x) }
// expect: require @ 3:11
