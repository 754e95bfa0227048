tdl 1

// Either operand, a swap written as axes, and one that a matrix product cannot fold: its axes are
// others. The swaps stay behind, unused.
net N(a: f32[3, 2], b: f32[4, 3], c: f32[2, 3, 2]) -> y: f32[2, 4], z: f32[3, 2, 4] {
  y = transpose(a) @ transpose(b, axes: [1, 0])
  return y, transpose(c, axes: [1, 0, 2]) @ y
}
