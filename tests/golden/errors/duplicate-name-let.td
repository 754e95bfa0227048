tdl 1
let width = 4
let width = 5
net N(x: f32[width]) -> y: f32[width] { return relu(x) }
// expect: duplicate-name @ 3:5
