tdl 1
use std.nn
net N(image: f32[3]) -> y: f32[2] { return Linear(image, 2) as fc }
train t of N {
  target     label: class(2)
  loss       cross_entropy(y, label)
  optimizer  sgd(lr: 0.1)
  weights    from "w.safetensors"
}
