tdl 1

net Rsqrt(x: f32[3, 5]) -> y: f32[3, 5] {
  return rsqrt(x)
}
