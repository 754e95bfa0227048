tdl 1

use std.nn
use std.chips

/// What a wearer does, from ten seconds of a watch's accelerometer and gyroscope: convolutions shorten the signal, a GRU reads it.
net Har(window: f32[6, 100]) -> logits: f32[4] {
  x = Conv1d(window, 16, kernel: 5, stride: 2, padding: 2) as conv1 |> relu
  x = Conv1d(x, 24, kernel: 5, stride: 4, padding: 2) as conv2 |> relu
  states = Gru(transpose(x), hidden: 24) as gru
  return Linear(states[12], 4) as head
}

/// All of it, from nothing.
train full of Har {
  target     label: class(4)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.1)
  batch      4 accumulate 2
}

/// For a new wearer: what reads the shortened signal.
train adapt of Har {
  target     label: class(4)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.1)
  batch      4 accumulate 2
  freeze     **
  train      gru.**, head.**
}

deploy mcu on mcu_256k {
  budget  RAM <= 256 KiB
}
