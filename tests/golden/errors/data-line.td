tdl 1
use std.nn
net N(image: f32[4]) -> y: f32[10] { return Linear(image, 10) as head }
data digits for N {
  train  "digits.npz"
  test   idx("images")
  mean   [0.5, true, 0.5, 0.5]
  std    0.5 KiB
}
// expect: data-line @ 5:10
// expect: data-line @ 6:10
// expect: data-line @ 7:16
// expect: data-line @ 8:10
