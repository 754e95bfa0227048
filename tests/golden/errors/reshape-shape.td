tdl 1
net N(x: f32[4, 5]) -> y: f32[20] { return reshape(x, dims: [20, 0]) }
// expect: reshape-shape @ 2:61
