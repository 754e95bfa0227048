tdl 1
block Late(x: f32[n]) -> f32[n] {
  return relu(x)
  y = x * 2
}
// expect: unreachable @ 4:3
