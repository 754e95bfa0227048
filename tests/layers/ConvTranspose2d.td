tdl 1

use std.nn

net Example(x: f32[8, 4, 4]) -> y: f32[4, 8, 8] {
  return ConvTranspose2d(x, 4, kernel: 2, stride: 2) as up
}
