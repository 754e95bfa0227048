tdl 1

net Sum(x: f32[3, 5, 4], z: f32[301]) -> y: f32[3, 1, 4], all: f32[1] {
  return sum(x, axis: 1, keep: true), sum(z, axis: 0, keep: true)
}
