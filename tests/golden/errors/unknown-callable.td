tdl 1
net N(x: f32[4]) -> y: f32[4] { return rellu(x) }
// expect: unknown-callable @ 2:40
