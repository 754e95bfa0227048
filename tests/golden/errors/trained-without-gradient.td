// The second parameter is in no result that the loss looks at.
tdl 1

net N(x: f32[3]) -> y: f32[3], z: f32[3] {
  param scale: f32[3] = ones()
  param shift: f32[3] = zeros()
  return scale * x, shift + x
}

train t of N {
  target     goal: f32[3]
  loss       mse(y, goal)
  optimizer  sgd(lr: 0.1)
}
// expect: trained-without-gradient @ 6:9
