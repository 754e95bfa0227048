tdl 1
block Line(x: f32[n], out: dim) -> f32[out] {
  param weight: f32[out, n] = kaiming_uniform(fan_in: n)
  return x @ transpose(weight)
}
net N(x: f32[4]) -> y: f32[2] {
  h = Line(x, 3) as first |> relu
  return Line(h, 2) as second
}
train t of N {
  loss mean(y)
  optimizer sgd(lr: 0.1)
  freeze **
  lora ** rank 2 alpha 4
}
