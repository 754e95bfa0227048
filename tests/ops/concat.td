tdl 1

net Concat(a: f32[3, 5], b: f32[1, 5], c: f32[2, 5]) -> y: f32[6, 5] {
  return concat([a, b, c], axis: 0)
}
