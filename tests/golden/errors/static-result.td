tdl 1
block Half(x: f32[n]) -> dim { return n / 2 }
// expect: static-result @ 2:26
