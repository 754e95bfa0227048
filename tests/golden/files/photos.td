tdl 1
use std.nn
net N(image: f32[3, 32, 32]) -> y: f32[10] {
  return image |> rearrange("c h w -> (c h w)") |> Linear(10) as fc
}
train t of N {
  target     label: class(10)
  loss       cross_entropy(y, label)
  optimizer  sgd(lr: 0.1)
}
