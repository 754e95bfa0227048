tdl 1

net Slice(x: f32[3, 5]) -> y: f32[3, 2] {
  return slice(x, axis: 1, begin: 1, end: 3)
}
