tdl 1
assert 1 == 1
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
// expect: assertion-place @ 2:1
