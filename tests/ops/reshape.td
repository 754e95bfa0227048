tdl 1

net Reshape(x: f32[3, 4]) -> y: f32[2, 6] {
  return reshape(x, [2, 6])
}
