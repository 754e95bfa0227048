tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[3] { return Linear(x, 3) as head }
train t of N {
  target     wanted: f32[4]
  loss       mse(y, wanted)
  optimizer  sgd(lr: 0.1)
}
// expect: mse-shapes @ 6:21
