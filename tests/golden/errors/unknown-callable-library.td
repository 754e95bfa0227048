tdl 1
// The train block has nothing to train only because the layer is not known.
net N(x: f32[4]) -> y: f32[3] { return Linear(x, 3) as head }
train t of N {
  loss       mean(y)
  optimizer  sgd(lr: 0.1)
}
// expect: unknown-callable @ 3:40
