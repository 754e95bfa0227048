tdl 1
use std.nn
net N(x: f32[6, 4]) -> y: f32[6, 4] {
  a = Attention(x, heads: 2) as attn
  return Attention(a, heads: 2) as attn
}
// expect: duplicate-path @ 5:36
