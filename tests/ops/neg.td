tdl 1

net Neg(x: f32[3, 5]) -> y: f32[3, 5] {
  return -x
}
