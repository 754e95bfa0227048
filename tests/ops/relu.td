tdl 1

net Relu(x: f32[3, 5]) -> y: f32[3, 5] {
  return relu(x)
}
