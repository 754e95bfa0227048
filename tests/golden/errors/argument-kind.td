tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[10] { return Linear(x, 2.5) as head }
// expect: argument-kind @ 3:51
