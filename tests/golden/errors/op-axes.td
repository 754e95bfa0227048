tdl 1
net N(x: f32[4]) -> y: f32[4] { return transpose(x) }
// expect: op-axes @ 2:50
