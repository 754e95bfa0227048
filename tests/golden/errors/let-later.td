tdl 1
let a = b + 1
let b = 2
net N(x: f32[a]) -> y: f32[3] { return relu(x) }
// expect: let-later @ 2:9
