tdl 1

use std.nn
use std.chips

// The budget holds four samples at a time, and not the sixteen that an update takes.
net N(x: f32[256]) -> y: f32[4] {
  return x |> Linear(16) as wide |> relu |> Linear(4) as head
}

train t of N {
  target     label: class(4)
  loss       cross_entropy(y, label)
  optimizer  sgd(lr: 0.1)
  batch      16
}

deploy small on mcu_256k {
  budget  RAM <= 48 KiB
}
