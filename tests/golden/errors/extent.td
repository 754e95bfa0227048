tdl 1
net N(x: f32[4 - 4]) -> y: f32[4] { return relu(x) }
// expect: extent @ 2:14
