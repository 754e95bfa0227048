tdl 1

use std.nn

net Example(x: f32[6, 32]) -> y: f32[6, 16] {
  return AvgPool1d(x, kernel: 2, stride: 2)
}
