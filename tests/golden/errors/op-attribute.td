tdl 1
net N(x: f32[4, 5]) -> y: f32[4, 5] { return softmax(x, axis: 0.5) }
// expect: op-attribute @ 2:63
