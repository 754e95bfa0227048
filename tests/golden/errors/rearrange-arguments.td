tdl 1
net N(x: f32[6]) -> y: f32[6] { return rearrange(x) }
// expect: rearrange-arguments @ 2:40
