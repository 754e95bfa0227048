tdl 1

// Nothing is copied but `c`: the product reads its factor where it lies, and the parts of the result are
// made in it. `c` is a small part of `big`, which would live on for it when most is live.
net N(x: f32[2, 3], big: f32[40, 3]) -> y: f32[5, 2], z: f32[2, 2], s: f32[40, 3] {
  a = relu(x)
  t = transpose(a)
  c = exp(big)[38..40, 0..3]
  b = concat([exp(t), relu(matmul(x[0..1, 0..3], t)), tanh(t[0..1, 0..2])], axis: 0)
  d = exp(sqrt(big))
  return b, matmul(exp(c), t), d + exp(d)
}
