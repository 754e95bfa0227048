tdl 1

net Log(x: f32[3, 5]) -> y: f32[3, 5] {
  return log(x)
}
