tdl 1

use std.nn

net Example(x: f32[3, 8, 8]) -> y: f32[16, 4, 4] {
  return Conv2d(x, 16, kernel: 3, stride: 2, padding: 1) as conv
}
