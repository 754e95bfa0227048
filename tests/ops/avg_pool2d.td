tdl 1

net AvgPool2d(x: f32[2, 9, 7]) -> y: f32[2, 5, 3] {
  return avg_pool2d(x, kernel: (3, 2), stride: 2, padding: (1, 0), count_include_pad: false)
}
