tdl 1
net N(x: f32[12]) -> logits: f32[12] { return relu(x * 2) }
train t of N {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 0.1)
}
// expect: class-count @ 5:36
