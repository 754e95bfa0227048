tdl 1

use std.nn
use std.chips

/// Which of nine people speaks, from the linear prediction coefficients of up to 29 frames: a GRU reads them.
net Speaker(frames: f32[29, 12]) -> logits: f32[9] {
  states = Gru(frames, hidden: 32) as gru
  return Linear(states[28], 9) as head
}

/// All of it, from nothing.
train full of Speaker {
  target     label: class(9)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.1)
  batch      2 accumulate 4
}

/// For other people: the head.
train head of Speaker {
  target     label: class(9)
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
