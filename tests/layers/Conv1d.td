tdl 1

use std.nn

net Example(x: f32[6, 32]) -> y: f32[8, 16] {
  return Conv1d(x, 8, kernel: 5, stride: 2, padding: 2) as conv
}
