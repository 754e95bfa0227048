tdl 1

net ReflectPad(x: f32[2, 3, 5]) -> y: f32[2, 6, 9] {
  return reflect_pad(x, axis: 1, before: 1, after: 2) |> reflect_pad(axis: -1, before: 4, after: 0)
}
