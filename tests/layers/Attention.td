tdl 1

use std.nn

net Example(x: f32[6, 8]) -> y: f32[6, 8] {
  return Attention(x, heads: 2, causal: true) as attn
}
