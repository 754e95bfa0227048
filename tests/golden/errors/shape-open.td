tdl 1
net N(x: f32[.., 4]) -> y: f32[4] { return relu(x) }
// expect: shape-open @ 2:14
