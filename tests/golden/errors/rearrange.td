tdl 1
net N(x: f32[6]) -> y: f32[3, 2] { return rearrange(x, "(a b) -> b a", a: 4) }
// expect: rearrange @ 2:57
