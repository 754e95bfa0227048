tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[4] {
  h = Linear(x, 4) as part[0 - 1]
  h = Linear(h, 4) as part[0.5]
  return Linear(h, 4) as part[0]
}
// expect: wrong-kind @ 4:28
// expect: wrong-kind @ 5:28
