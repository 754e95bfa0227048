tdl 1
net N(x: f32[4]) -> y: f32[] { return x[4] }
// expect: index-range @ 2:41
