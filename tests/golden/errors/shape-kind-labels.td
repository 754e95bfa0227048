tdl 1
block Rows(index: i32[t]) -> f32[t] { return relu(index) }
net N(x: f32[4]) -> y: f32[4] { return Rows(x) }
// expect: shape-kind @ 3:45
