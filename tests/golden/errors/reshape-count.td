tdl 1
net N(x: f32[4, 5]) -> y: f32[21] { return reshape(x, dims: [21]) }
// expect: reshape-count @ 2:61
