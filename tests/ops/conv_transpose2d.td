tdl 1

net ConvTranspose2d(x: f32[4, 3, 4], w: f32[4, 3, 2, 3]) -> y: f32[6, 11, 11] {
  return conv_transpose2d(x, w, stride: (3, 2), padding: (0, 1), dilation: (2, 3), groups: 2, output_padding: (2, 0))
}
