tdl 1
net N(x: f32[2, 4]) -> y: f32[2, 9] { return reflect_pad(x, axis: 1, before: 4, after: 1) }
// expect: op-attribute @ 2:78
