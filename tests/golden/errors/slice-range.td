tdl 1
net N(x: f32[4, 5]) -> y: f32[2, 5] { return slice(x, axis: 0, begin: 3, end: 5) }
// expect: slice-range @ 2:79
