tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[3] { return Linear(x, 3) as head }
train t of N {
  optimizer  sgd(lr: 0.1)
}
// expect: train-without @ 4:7
