tdl 1
use std.nn
net N(image: f32[4]) -> y: f32[10] { return Linear(image, 10) as head }
data digits for M { std 2 }
// expect: unknown-net @ 4:17
