tdl 1
net N(x: f32[6]) -> y: f32[3, 2] { return rearrange(x, "(a b) -> a b", a: 0) }
// expect: rearrange-size @ 2:75
