net N(x: f32[3]) -> y: f32[3] {
  z = relu
    (x)
  return z
    [0]
}
// expect: bracket-line @ 3:5
// expect: bracket-line @ 5:5
