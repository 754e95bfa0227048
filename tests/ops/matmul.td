tdl 1

net Matmul(a: f32[3, 4, 5], b: f32[5, 2]) -> y: f32[3, 4, 2] {
  return a @ b
}
