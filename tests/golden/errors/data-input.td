tdl 1
use std.nn
net N(image: f32[3, 2, 2], depth: f32[4]) -> y: f32[10] {
  return (image |> rearrange("c h w -> (c h w)") |> Linear(10) as a) + Linear(depth, 10) as b
}
data digits for N {
  mean  0.5 as imagee
  std   0.5 as y
}
// expect: data-input @ 7:16
// expect: data-input @ 8:16
