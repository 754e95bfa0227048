tdl 1
net N(x: f16[4]) -> y: f32[4] { return relu(x) }
// expect: not-yet @ 2:10
