tdl 1
block Grow(x: f32[n] = 3) -> f32[n] { return relu(x) }
net N(a: f32[3]) -> y: f32[3] { return a + Grow() }
// expect: tensor-default @ 2:24
