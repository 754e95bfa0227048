tdl 1

use std.nn

/// A picture that is not square, with odd extents.
net Cnn(image: f32[2, 9, 7]) -> logits: f32[5] {
  return image
    |> Conv2d(4, kernel: 3, padding: 1) as conv0
    |> relu
    |> max_pool2d(kernel: 2, stride: 2)
    |> Conv2d(6, kernel: 3, padding: 1) as conv1
    |> relu
    |> max_pool2d(kernel: 2, stride: 2)
    |> rearrange("c h w -> (c h w)")
    |> Linear(5) as head
}

/// Twenty steps of this give `loss` and `final`.
train steps of Cnn {
  target     label: class(5)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 0.05)
  batch      3
}

/// One step of this gives `update`.
train update of Cnn {
  target     label: class(5)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 1.0)
  batch      3
}
