tdl 1

// `w` goes through `exp` before it meets a sample. The step ends where sums over samples end, at
// the gradient of exp(w); `apply` does the rest once for all three micro-batches.
net N(x: f32[3]) -> y: f32[3] {
  param w: f32[3] = zeros
  return exp(w) * x
}

train t of N {
  target     goal: f32[3]
  loss       mse(y, goal)
  optimizer  sgd(lr: 0.5)
  batch      1 accumulate 3
}
