tdl 1
net N(x: f32[4, 5]) -> y: f32[] { return sum(x, axis: [0, -2]) }
// expect: op-axis-twice @ 2:55
