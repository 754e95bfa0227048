tdl 1

net ToF32(label: class(10), x: f32[3]) -> y: f32[3] {
  return x * to_f32(label)
}
