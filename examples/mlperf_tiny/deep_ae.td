tdl 1

use std.nn
use std.chips

/// A dense layer with batch norm and ReLU.
block Layer(x: f32[n], out: dim) -> f32[out] {
  return relu(BatchNorm(Linear(x, out) as fc) as bn)
}

/// The deep autoencoder of MLPerf Tiny: five frames of 128 mel bands of a machine's sound, through eight numbers.
net DeepAe(frames: f32[640]) -> again: f32[640] {
  x = frames
  repeat i in 0..4 {
    x = Layer(x, 128) as encoder[i]
  }
  x = Layer(x, 8) as middle
  repeat i in 0..4 {
    x = Layer(x, 128) as decoder[i]
  }
  return Linear(x, 640) as out
}

/// Everything but the biases before batch norms, which have no gradient.
train full of DeepAe {
  loss       mse(again, frames)
  optimizer  sgd(lr: 0.05)
  batch      16
  freeze     **.fc.bias
  assert     params(all) + params(states) == 269992
}

train last_block of DeepAe {
  loss       mse(again, frames)
  optimizer  sgd(lr: 0.05)
  batch      16
  freeze     **
  train      decoder.3.**, out.**
  freeze     **.fc.bias
}

train lora extends last_block {
  freeze     **
  lora       encoder.*.fc, decoder.*.fc rank 4
  train      middle.**
  freeze     **.fc.bias
}

deploy cluster on pulp_cluster {
  budget  L1 <= 128 KiB, L2 <= 2 MiB
}
