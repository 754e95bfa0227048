tdl 1
use "./no_such_file.td"
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
// expect: use-unreadable @ 2:5
