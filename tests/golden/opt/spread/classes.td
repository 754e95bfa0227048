tdl 1

// Two rows of 300 classes: the exponentials of each row are summed in parts, for the loss and for
// its gradient; the largest logit is that of ten ranges.
net N(x: f32[2, 300]) -> logits: f32[2, 300] {
  param w: f32[300] = ones
  return x * w
}

train t of N {
  target     label: class(300)[2]
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 0.5)
}
