tdl 1

use std.nn

net Example(x: f32[4, 8, 8]) -> y: f32[4, 8, 8] {
  return InvertedResidual(x, 4, expand: 2) as block
}
