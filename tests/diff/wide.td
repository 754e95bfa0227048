tdl 1

use std.nn
use std.chips

/// 791,818 trained numbers, 3.0 MiB: more than L2 of `pulp_cluster`, whose weights are streamed from L3.
net Wide(image: f32[64]) -> logits: f32[10] {
  return image |> Linear(768) as a |> relu |> Linear(320) as b |> relu |> Linear(768) as c |> relu
    |> Linear(320) as d |> relu |> Linear(10) as e
}

train all of Wide {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.1)
  batch      4
}

/// With 3 MiB of sums of gradients beside them.
train summed of Wide {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 0.1)
  batch      2 accumulate 2
}

deploy cluster on pulp_cluster {
  budget  L1 <= 128 KiB, L2 <= 2 MiB
}
