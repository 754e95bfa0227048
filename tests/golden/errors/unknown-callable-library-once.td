tdl 1
net N(x: f32[4]) -> y: f32[4] {
  return Linear(x, 8) as a |> LayerNorm as b |> Linear(4) as c
}
// expect: unknown-callable @ 3:10
