tdl 1
net A(x: f32[4]) -> y: f32[4] { return relu(x) }
net B(x: f32[4]) -> y: f32[4] { return A(x) }
// expect: net-called @ 3:40
