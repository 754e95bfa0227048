tdl 1
net N(x: f32[4, 5]) -> y: f32[4, 5] { return softmax(x, axis: 2) }
// expect: op-axis @ 2:63
