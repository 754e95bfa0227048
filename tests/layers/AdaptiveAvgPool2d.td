tdl 1

use std.nn

net Example(x: f32[4, 7, 5]) -> y: f32[4, 3, 2] {
  return AdaptiveAvgPool2d(x, size: (3, 2))
}
