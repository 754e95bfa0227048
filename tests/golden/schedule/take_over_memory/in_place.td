tdl 1

/// `a` dies in the first relu and gives it its memory; the gradient of `w`, which is used twice, is one
/// sum that is continued where it stands.
net Twice(x: f32[3]) -> y: f32[3] {
  param w: f32[3, 3] = normal(0.5)
  a = matmul(reshape(x, dims: [1, 3]), w)
  b = matmul(relu(a), w)
  return reshape(b, dims: [3])
}

train t of Twice {
  target     t: f32[3]
  loss       mse(y, t)
  optimizer  sgd(lr: 0.1)
}
