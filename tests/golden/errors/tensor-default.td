tdl 1
block Shifted(x: f32[n], by: f32[n] = 0) -> f32[n] { return x + by }
// expect: tensor-default @ 2:39
