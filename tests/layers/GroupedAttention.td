tdl 1

use std.nn

net Example(x: f32[6, 8]) -> y: f32[6, 8] {
  return GroupedAttention(x, heads: 4, groups: 2) as attn
}
