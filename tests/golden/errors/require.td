tdl 1
block Heads(x: f32[t, d], heads: dim) -> f32[heads, t, e] {
  require d % heads == 0, "the width {d} must be a multiple of the {heads} heads"
  return rearrange(x, "t (h e) -> h t e", h: heads)
}
net N(x: f32[4, 10]) -> y: f32[3, 4, 5] { return Heads(x, heads: 3) }
// expect: require @ 3:11
