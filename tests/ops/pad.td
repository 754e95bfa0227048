tdl 1

net Pad(x: f32[2, 3, 5]) -> y: f32[2, 6, 7] {
  return pad(x, axis: 1, before: 1, after: 2) |> pad(axis: -1, before: 2, after: 0, value: 0.5)
}
