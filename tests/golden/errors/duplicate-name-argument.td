tdl 1
block Grow(x: f32[n], x: dim) -> f32[n] { return relu(x) }
net N(a: f32[3]) -> y: f32[3] { return Grow(a, 3) }
// expect: duplicate-name @ 2:23
