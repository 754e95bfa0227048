tdl 1

// y = w x: the gradient of `w` is dy x^T, summed over the batch; none for the image.
net N(x: f32[3]) -> y: f32[2] {
  param w: f32[2, 3] = zeros
  return w @ x
}

train t of N {
  target     goal: f32[2]
  loss       mse(y, goal)
  optimizer  sgd(lr: 0.5)
  batch      4
}
