tdl 1

// The slices lie side by side and are all of h, so that its gradient is theirs beside each other;
// the first is used twice, and its gradients are summed first.
net N(x: f32[5]) -> y: f32[2] {
  param w: f32[5] = ones
  h = x * w
  return h[0..2] * h[2..4] * h[0..2] + h[4..5]
}

train t of N {
  target     goal: f32[2]
  loss       mse(y, goal)
  optimizer  sgd(lr: 0.5)
}
