tdl 1

net Relu6(x: f32[3, 5]) -> y: f32[3, 5] {
  return relu6(x)
}
