tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[4] { return x |> Linear(4) |> relu |> Linear(4) }
// expect: duplicate-path @ 3:66
