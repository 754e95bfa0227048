tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[3] { return Linear(x, 8) as body |> relu |> Linear(3) as head }
train t of N {
  target     label: class(3)
  loss       cross_entropy(y, label)
  optimizer  sgd(lr: 0.1)
  freeze     **
  train      head.**
  assert     params(trainable) == 28
  assert     params(all) < 28
}
// expect: assertion-values @ 10:14
// expect: assertion-values @ 11:14
