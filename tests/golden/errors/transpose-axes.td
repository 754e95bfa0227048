tdl 1
net N(x: f32[4, 5]) -> y: f32[5, 4] { return transpose(x, axes: [0, 2]) }
// expect: transpose-axes @ 2:65
