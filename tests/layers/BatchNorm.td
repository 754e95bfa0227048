tdl 1

use std.nn

net Example(x: f32[8]) -> y: f32[8] {
  return BatchNorm(x) as norm
}
