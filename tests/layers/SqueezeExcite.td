tdl 1

use std.nn

net Example(x: f32[8, 6, 6]) -> y: f32[8, 6, 6] {
  return SqueezeExcite(x, hidden: 2) as squeeze
}
