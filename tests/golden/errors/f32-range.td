tdl 1
// Numbers have 64 bits until they meet a tensor, which has 32.
let big = 1e30
let square = big * big
net N(x: f32[4]) -> y: f32[4] {
  param a: f32[4] = constant(-1e39)
  param b: f32[4] = normal(1e38)
  return x * square + a + b - 3.5e38
}
train t of N {
  target     goal: f32[4]
  loss       mse(y, goal)
  optimizer  sgd(lr: 1e300)
}
// expect: f32-range @ 6:30
// expect: f32-range @ 7:28
// expect: f32-range @ 8:14
// expect: f32-range @ 13:22
