tdl 1

net Min(x: f32[3, 5, 4], z: f32[3, 300]) -> y: f32[], all: f32[3] {
  return min(x), min(z, axis: 1)
}
