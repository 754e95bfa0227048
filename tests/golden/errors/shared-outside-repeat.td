tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[4] { return Linear(x, 4) as layer shared }
// expect: shared-outside-repeat @ 3:62
