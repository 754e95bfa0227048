tdl 1

net Softmax(x: f32[3, 5]) -> y: f32[3, 5] {
  return softmax(x, axis: -1)
}
