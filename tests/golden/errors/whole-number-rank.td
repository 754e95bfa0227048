tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[3] { return Linear(x, 8) as body |> relu |> Linear(3) as head }
train t of N {
  target     label: class(3)
  loss       cross_entropy(y, label)
  optimizer  sgd(lr: 0.1)
  freeze     **
  lora       head rank 0
  lora       body rank 2.5
}
// expect: whole-number @ 9:24
// expect: whole-number @ 10:24
