// What is counted has no slope to follow.
tdl 1

net N(x: f32[4]) -> y: f32[3] {
  param w: f32[3, 4] = uniform(0.5)
  return matmul(w, reshape(x, [4, 1])) |> reshape([3])
}

train t of N {
  target     label: class(3)
  loss       -accuracy(y, label)
  optimizer  sgd(lr: 0.1)
}
// expect: no-gradient @ 11:15
