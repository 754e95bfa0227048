tdl 1

use std.nn
use std.chips

/// Keyword spotting: 12 words from 49 frames of 10 mel coefficients, by depthwise separable convolutions.
net Kws(mfcc: f32[1, 49, 10]) -> logits: f32[12] {
  x = Conv2d(mfcc, 16, kernel: (10, 4), stride: 2, padding: (5, 1), bias: false) as conv |> BatchNorm2d as bn |> relu
  repeat i in 0..2 {
    x = DepthwiseSeparable(x, 32, bias: false) as blocks[i] |> BatchNorm2d as norms[i] |> relu
  }
  return GlobalAvgPool(x) |> Linear(12) as head
}

/// All of it, from nothing.
train full of Kws {
  target     label: class(12)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.1)
  batch      2 accumulate 4
}

/// The head for new words, with the statistics that the rest was trained with.
train head of Kws {
  target     label: class(12)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.1)
  batch      2 accumulate 4
  freeze     **
  train      head.**
}

deploy mcu on mcu_256k {
  budget  RAM <= 256 KiB
}
