tdl 1

net Running(x: f32[6, 2]) -> y: f32[2] {
  param w: f32[2] = ones
  h = x[0]
  repeat t in 1..6 {
    h = tanh(h * w + x[t])
  }
  return h
}

train steps of Running {
  target     wanted: f32[2]
  loss       mse(y, wanted)
  optimizer  sgd(lr: 0.1)
  batch      2
}
