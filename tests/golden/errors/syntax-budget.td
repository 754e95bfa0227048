tdl 1
use std.chips
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
deploy board on mcu_256k { budget RAM < 64 KiB }
// expect: syntax @ 4:39
