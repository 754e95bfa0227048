tdl 1
let heads = 3
net N(x: f32[10 / heads]) -> y: f32[3] { return relu(x) }
// expect: division-remainder @ 3:14
