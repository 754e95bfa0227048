tdl 1
net N(x: f32[4, 5]) -> y: f32[4, 5] { return log_softmax(x, axis: 0) }
// expect: softmax-axis @ 2:67
