tdl 1

use std.nn
use std.chips

// The budget holds the weights but not what training adds to them.
net N(x: f32[64]) -> y: f32[10] {
  return x |> Linear(128) as wide |> relu |> Linear(10) as head
}

train t of N {
  target     label: class(10)
  loss       cross_entropy(y, label)
  optimizer  sgd(lr: 0.1)
  batch      32
}

deploy small on mcu_256k {
  budget  RAM <= 64 KiB
}
// expect: memory-does-not-fit @ 19:11
