tdl 1
net N(x: f32[4], z: f32[3]) -> y: f32[4] { return x + z }
// expect: broadcast-shapes @ 2:55
