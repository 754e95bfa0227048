tdl 1

use std.nn

net Example(x: f32[6, 8], is_token: f32[6]) -> y: f32[6, 8] {
  return MaskedAttention(x, is_token, heads: 2) as attn
}
