tdl 1
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
train t extends s {
  loss       mean(y)
  optimizer  sgd(lr: 0.1)
}
// expect: unknown-train @ 3:17
