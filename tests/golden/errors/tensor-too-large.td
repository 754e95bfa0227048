tdl 1
net N(x: f32[100000, 100000]) -> y: f32[4] { return relu(x) }
// expect: tensor-too-large @ 2:13
