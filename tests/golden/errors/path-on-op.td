tdl 1
net N(x: f32[4]) -> y: f32[4] { return relu(x) as act }
// expect: path-on-op @ 2:51
