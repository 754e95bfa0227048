tdl 1
use std.nn
net N(x: f32[4]) -> logits: f32[10] { return Linear(x, 12) as head }
// expect: shape-extent @ 3:46
