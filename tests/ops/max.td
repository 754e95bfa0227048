tdl 1

net Max(x: f32[3, 5, 4], z: f32[3, 300]) -> y: f32[], all: f32[3] {
  return max(x), max(z, axis: 1)
}
