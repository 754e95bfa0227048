tdl 1
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
train a extends b { loss mean(y) }
train b extends a { loss mean(y) }
// expect: extends-circle @ 3:17
// expect: extends-circle @ 4:17
