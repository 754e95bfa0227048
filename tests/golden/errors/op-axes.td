tdl 1
net N(x: f32[4]) -> y: f32[4] { return transpose(x) }
// expect: op-operand @ 2:50
