tdl 1

net MaxPool2d(x: f32[2, 9, 7]) -> y: f32[2, 5, 3] {
  return max_pool2d(x, kernel: (3, 2), stride: 2, padding: (1, 0))
}
