tdl 1
net N(x: f32[4]) -> y: f32[..] { return resize_nearest(x, size: 2) }
// expect: op-axes @ 2:56
