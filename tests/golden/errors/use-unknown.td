tdl 1
use std.nm
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
// expect: use-unknown @ 2:5
