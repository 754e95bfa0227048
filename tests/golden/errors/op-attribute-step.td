tdl 1
net N(x: f32[4]) -> y: f32[4] { return x[::-1] }
// expect: op-attribute @ 2:44
