tdl 1
use std.nn
net N(image: f32[3, 8, 8]) -> y: f32[10] { return SequencePool(image) as pool }
// expect: shape-kind @ 3:64
