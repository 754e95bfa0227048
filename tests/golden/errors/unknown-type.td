tdl 1
block Scaled(x: f32[n], factor: flaot) -> f32[n] { return x * factor }
// expect: unknown-type @ 2:33
