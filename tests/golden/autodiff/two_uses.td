tdl 1

// `w` is used twice: one chain in the order of uses, the second sum continues the first.
net N(x: f32[3]) -> y: f32[3] {
  param w: f32[3] = ones
  return relu(x * w) * w
}

train t of N {
  target     goal: f32[3]
  loss       mse(y, goal)
  optimizer  sgd(lr: 0.5)
  batch      2
}
