tdl 1
block Odd(x: f32[n, ..]) -> f32[n] { return relu(x) }
// expect: shape-leading @ 2:21
