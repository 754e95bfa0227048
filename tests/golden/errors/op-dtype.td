tdl 1
net N(x: f32[4], i: i32[4]) -> y: f32[4] { return x + relu(i) }
// expect: op-dtype @ 2:60
