tdl 1
net N(image: f32[4]) -> y: f32[4] { return relu(imag) }
// expect: unknown-name @ 2:49
