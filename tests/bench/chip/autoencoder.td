tdl 1
use std.nn
use std.chips

/// The autoencoder of MLPerf Tiny's anomaly detection, without its batch norms.
net Autoencoder(x: f32[640]) -> y: f32[640] {
  h = x
  repeat i in 0..4 { h = relu(Linear(h, 128) as encoder[i]) }
  h = relu(Linear(h, 8) as middle)
  repeat i in 0..4 { h = relu(Linear(h, 128) as decoder[i]) }
  return Linear(h, 640) as out
}
train all of Autoencoder {
  target     t: f32[640]
  loss       mse(y, t)
  optimizer  sgd(lr: 0.01)
}
deploy cluster on pulp_cluster {}
