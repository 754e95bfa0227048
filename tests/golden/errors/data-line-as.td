tdl 1
use std.nn
net N(image: f32[3, 2, 2], depth: f32[4]) -> y: f32[10] {
  return (image |> rearrange("c h w -> (c h w)") |> Linear(10) as a) + Linear(depth, 10) as b
}
data digits for N {
  train  npz("digits.npz") as image
  mean   0.5
}
// expect: data-line @ 7:31
// expect: data-line @ 8:3
