tdl 1
# a comment, as Python has it: "(
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
// expect: source-character @ 2:1
