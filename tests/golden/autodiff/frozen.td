tdl 1

// Only `top` trains: no gradient goes through `exp` or to `bottom`.
net N(x: f32[3]) -> y: f32[3] {
  param bottom: f32[3] = ones
  param top: f32[3] = ones
  return exp(x * bottom) * top
}

train t of N {
  target     goal: f32[3]
  loss       mse(y, goal)
  optimizer  sgd(lr: 0.5)
  freeze     bottom
}
