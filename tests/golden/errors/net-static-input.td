tdl 1
net N(x: f32[4], width: dim) -> y: f32[4] { return x * width }
// expect: net-static-input @ 2:25
