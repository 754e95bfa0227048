tdl 1
block Twice(x: f32[n], inner: block) -> f32[n] { return inner(x, n) |> inner(n) }
net N(x: f32[4]) -> y: f32[4] { return Twice(x, inner: Linear) }
// expect: unknown-name @ 3:56
