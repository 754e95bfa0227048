tdl 1
net N(x: f32[4, 5]) -> y: f32[4, 5] { return clamp(x, low: 2, high: 1.5) }
// expect: op-attribute @ 2:60
