tdl 1

net Conv2d(x: f32[4, 9, 7], w: f32[6, 2, 3, 3]) -> y: f32[6, 5, 4] {
  return conv2d(x, w, stride: 2, padding: (1, 1), dilation: 1, groups: 2)
}
