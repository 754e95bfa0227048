tdl 1
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
deploy d on mcu_256k { }
// expect: unknown-chip @ 3:13
