tdl 1
use std.nn
use std.chips

/// One product in three directions: 64 x 128 by 128 x 384.
net Matmul(x: f32[64, 128]) -> y: f32[64, 384] {
  h = x + PositionalEmbedding(x) as position
  return Linear(h, 384, bias: false) as fc
}
train all of Matmul {
  target     t: f32[64, 384]
  loss       mse(y, t)
  optimizer  sgd(lr: 0.01)
}
deploy cluster on pulp_cluster {}
