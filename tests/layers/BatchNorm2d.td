tdl 1

use std.nn

net Example(x: f32[4, 6, 6]) -> y: f32[4, 6, 6] {
  return BatchNorm2d(x) as norm
}
