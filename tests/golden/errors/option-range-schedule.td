tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[3] { return Linear(x, 8) as body |> relu |> Linear(3) as head }
train t of N {
  target     label: class(3)
  loss       cross_entropy(y, label)
  optimizer  sgd(lr: 0.1)
  schedule   linear(steps: 10, warmup: 10, final: 1.5)
}
// expect: option-range @ 8:40
// expect: option-range @ 8:51
