tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[3] { return Linear(x, 8) as body |> relu |> Linear(3) as head }
train t of N {
  target     label: class(3)
  loss       cross_entropy(y, label)
  optimizer  sgd(lr: 0.1)
  clip       norm 1.0
  freeze     body.**
  train      head.** lr 0.1
  quantize   body.** int8
  expect     loss < 0.1 after 50 steps
  weights    from "a.npz" map { head.* = "classifier" }
}
// expect: not-yet @ 8:3
// expect: not-yet @ 10:22
// expect: not-yet @ 11:3
// expect: not-yet @ 12:3
// expect: not-yet @ 13:33
