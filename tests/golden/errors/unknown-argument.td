tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[10] { return Linear(x, 10, biass: false) as head }
// expect: unknown-argument @ 3:55
