tdl 1
block Ping(x: f32[n]) -> f32[n] { return Pong(x) }
block Pong(x: f32[n]) -> f32[n] { return Ping(x) }
// expect: recursion @ 3:42
