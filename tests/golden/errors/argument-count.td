tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[10] { return Linear(x, 10, true, 3) as head }
// expect: argument-count @ 3:61
