tdl 1
block Two(x: f32[n]) -> a: f32[n], b: f32[n] { return relu(x) }
// expect: return-count @ 2:55
