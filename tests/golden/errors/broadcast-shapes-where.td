tdl 1
net N(x: f32[2, 4]) -> y: f32[2, 4] { return where(x > 0, x, x[.., 0]) }
// expect: broadcast-shapes @ 2:62
