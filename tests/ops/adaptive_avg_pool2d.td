tdl 1

net AdaptiveAvgPool2d(x: f32[2, 7, 9]) -> y: f32[2, 3, 5] {
  return adaptive_avg_pool2d(x, size: (3, 5))
}
