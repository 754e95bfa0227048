tdl 1

net Hardsigmoid(x: f32[3, 5]) -> y: f32[3, 5] {
  return hardsigmoid(x)
}
