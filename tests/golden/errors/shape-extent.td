tdl 1
block Add(a: f32[n], b: f32[n]) -> f32[n] { return a + b }
net N(x: f32[4], z: f32[1]) -> y: f32[4] { return Add(x, z) }
// expect: shape-extent @ 3:58
