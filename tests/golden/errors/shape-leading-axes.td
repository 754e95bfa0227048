tdl 1
block Add(a: f32[.., n], b: f32[.., n]) -> f32[.., n] { return a + b }
net N(x: f32[2, 4], z: f32[4]) -> y: f32[2, 4] { return Add(x, z) }
// expect: shape-leading-axes @ 3:64
