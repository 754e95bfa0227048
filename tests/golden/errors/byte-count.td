tdl 1
use std.chips
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
deploy d on pulp_cluster { budget L2 <= 100 }
// expect: byte-count @ 4:41
