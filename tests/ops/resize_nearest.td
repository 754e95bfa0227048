tdl 1

net ResizeNearest(x: f32[2, 3, 5]) -> y: f32[2, 7, 4] {
  return resize_nearest(x, size: (7, 4))
}
