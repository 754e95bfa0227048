tdl 1
use std.nn
net N(image: f32[4]) -> y: f32[10] { return Linear(image, 10) as head }
data digits for N {
  tests npz("digits.npz")
  scale 255
}
// expect: unknown-word @ 5:3
// expect: unknown-word @ 6:3
