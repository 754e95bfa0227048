tdl 1
use std.nn
net N(image: f32[4]) -> y: f32[10] { return Linear(image, 10) as head }
data digits for N {
  mean  0.5
  mean  0.5 as image
}
data again for N { std 2 }
// expect: duplicate-clause @ 6:3
// expect: duplicate-clause @ 8:16
