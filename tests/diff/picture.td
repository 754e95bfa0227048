tdl 1

use std.nn

/// Layers of pictures, which are not square.
net Picture(image: f32[3, 9, 6]) -> logits: f32[4] {
  x = image
    |> DepthwiseSeparable(6) as separable
    |> tanh
    |> InstanceNorm2d() as instance
    |> gelu
    |> SqueezeExcite(3) as squeeze
    |> GroupNorm(groups: 2) as group
    |> gelu
  rows = PatchEmbedding(x, 5, patch: (3, 2)) as patches |> tanh
  return concat([GlobalAvgPool(x), rows[0], rows[5]], axis: 0) |> Linear(4) as head
}

train all of Picture {
  target     label: class(4)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 1.0)
  batch      4
}
