tdl 1
net N(x: f32[4]) -> y: f32[4] { return x * 2 KiB }
// expect: unexpected-unit @ 2:44
