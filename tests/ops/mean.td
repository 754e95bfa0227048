tdl 1

net Mean(x: f32[3, 5, 4]) -> y: f32[4] {
  return mean(x, axis: [0, 1])
}
