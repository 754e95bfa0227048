tdl 1

use std.nn

net Example(x: f32[6, 8]) -> y: f32[6, 8] {
  return LayerNorm(x) as norm
}
