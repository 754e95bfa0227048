tdl 1
let widths = [4, 8]
net N(x: f32[widths[0, 1]]) -> y: f32[4] { return relu(x) }
// expect: index-list @ 3:20
