tdl 1
net N(x: f32[4, 5]) -> y: f32[4, 5] { return x + zeros([4, 0]) }
// expect: op-attribute @ 2:56
