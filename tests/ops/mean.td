tdl 1

net Mean(x: f32[3, 5, 4], z: f32[3, 10, 31]) -> y: f32[4], all: f32[3] {
  return mean(x, axis: [0, 1]), mean(z, axis: [1, 2])
}
