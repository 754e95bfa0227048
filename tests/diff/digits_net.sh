# For test scripts: a small network for the digits of examples/mlp_digits.

# program NAME RATE LINES: with that learning rate and these lines in its `train` block, in NAME.td
program() {
  cat >"$1.td" <<TD
tdl 1
use std.nn
net Mlp(image: f32[64]) -> logits: f32[10] {
  return image |> Linear(24) as fc1 |> relu |> Linear(10) as fc2
}
train digits of Mlp {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: $2)
  $3
}
TD
}
