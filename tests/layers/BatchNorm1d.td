tdl 1

use std.nn

net Example(x: f32[6, 32]) -> y: f32[6, 32] {
  return BatchNorm1d(x) as norm
}
