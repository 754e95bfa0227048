tdl 1

net Transpose(x: f32[2, 3, 5]) -> y: f32[2, 5, 3] {
  return transpose(x)
}
