tdl 1
net Digits(x: f32[4]) -> y: f32[4] { return relu(x) }
train t of Digit {
  loss       mean(y)
  optimizer  sgd(lr: 0.1)
}
// expect: unknown-net @ 3:12
