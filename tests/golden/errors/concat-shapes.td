tdl 1
net N(x: f32[4, 5], z: f32[4, 6]) -> y: f32[8, 5] { return concat([x, z], axis: 0) }
// expect: concat-shapes @ 2:67
