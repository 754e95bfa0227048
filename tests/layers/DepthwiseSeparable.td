tdl 1

use std.nn

net Example(x: f32[8, 6, 6]) -> y: f32[12, 6, 6] {
  return DepthwiseSeparable(x, 12) as conv
}
