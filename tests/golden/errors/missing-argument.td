tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[10] { return Linear(x) as head }
// expect: missing-argument @ 3:41
