tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[10] { return Linear(x, 10, out: 12) as head }
// expect: argument-twice @ 3:60
