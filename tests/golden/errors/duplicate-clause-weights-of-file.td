tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[2] { return Linear(x, 2) as fc }
weights from "a.npz"
weights from "b.npz"
// expect: duplicate-clause @ 5:14
