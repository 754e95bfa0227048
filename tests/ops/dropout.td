tdl 1

net Dropout(x: f32[3, 5]) -> y: f32[3, 5] {
  state step: f32[] = zeros
  y = dropout(x, step, p: 0.25)
  update step = step + 1
  return y
}
