tdl 1

use std.nn

net Example(x: f32[6, 8]) -> y: f32[6, 8] {
  return CctEncoder(x, heads: 2, hidden: 16) as block
}
