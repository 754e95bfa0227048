tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[3] { return Linear(x, 8) as body |> relu |> Linear(3) as head }
train t of N {
  target     label: class(3)
  loss       cross_entropy(y, label)
  metric     accuracy(y, label, k: 4)
  optimizer  sgd(lr: 0.1)
}
// expect: accuracy-k @ 7:36
