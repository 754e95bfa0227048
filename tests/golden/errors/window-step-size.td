tdl 1
net N(x: f32[1, 70000], w: f32[2, 1, 3, 3]) -> y: f32[..] {
  _a = resize_nearest(x, size: (2, 0))
  _b = adaptive_avg_pool2d(x, size: 2)
  _c = conv_transpose2d(reshape(x, [2, 350, 100]), w, stride: 2, output_padding: 2)
  return x
}
// expect: window-step @ 3:32
// expect: window-step @ 4:28
// expect: window-step @ 5:82
