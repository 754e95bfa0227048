tdl 1

use std.nn

net Example(x: f32[4, 3, 5]) -> y: f32[4, 6, 10] {
  return Upsample(x, scale: 2)
}
