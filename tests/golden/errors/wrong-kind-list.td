tdl 1
net N(x: f32[4]) -> y: f32[8] { return concat([x, 3], axis: 0) }
// expect: wrong-kind @ 2:47
