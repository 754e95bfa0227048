tdl 1

net Sum(x: f32[3, 5, 4]) -> y: f32[3, 1, 4] {
  return sum(x, axis: 1, keep: true)
}
