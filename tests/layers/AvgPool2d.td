tdl 1

use std.nn

net Example(x: f32[4, 8, 8]) -> y: f32[4, 4, 4] {
  return AvgPool2d(x, kernel: 2)
}
