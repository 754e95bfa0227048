tdl 1

use std.nn

net Example(x: f32[4, 10]) -> y: f32[4, 3] {
  return AdaptiveAvgPool1d(x, size: 3)
}
