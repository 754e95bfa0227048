tdl 1

use std.nn

/// Layers that give images other extents, and a softmax over channels.
net Sizes(image: f32[4, 9, 7]) -> logits: f32[3] {
  x = image
    |> MaxPool2d(kernel: 2, ceil_mode: true)
    |> ConvTranspose2d(6, kernel: (3, 2), stride: (2, 1), padding: (1, 0), output_padding: (1, 0), groups: 2) as up
    |> softmax(axis: 0)
    |> AvgPool2d(kernel: 3, stride: 2, padding: 1, ceil_mode: true, count_include_pad: false)
    |> Upsample(scale: (1, 2))
    |> AdaptiveAvgPool2d(size: (4, 5))
    |> ConvTranspose2d(3, kernel: 2, bias: false, dilation: 2) as wide
  rows = reshape(tanh(x), [3, 42])
    |> AdaptiveAvgPool1d(size: 9)
    |> AvgPool1d(kernel: 2, ceil_mode: true)
    |> log_softmax(axis: 0)
    |> MaxPool1d(kernel: 2, stride: 1)
  return reshape(rows, [12]) |> Linear(3) as head
}

train all of Sizes {
  target     label: class(3)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 1.0)
  batch      4
}
