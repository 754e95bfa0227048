tdl 1
use std.chips
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
deploy d on pulp_clutser { budget L2 <= 1 MiB }
// expect: unknown-chip @ 4:13
