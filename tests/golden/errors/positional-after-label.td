tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[10] { return Linear(x, out: 10, false) as head }
// expect: positional-after-label @ 3:60
