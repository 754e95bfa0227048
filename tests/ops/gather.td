tdl 1

net Gather(x: f32[3, 5], label: class(5)[3], many: class(5)[3, 2]) -> y: f32[3], z: f32[3, 2] {
  return gather(x, label), gather(x, many)
}
