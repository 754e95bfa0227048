tdl 1
net N(x: f32[2, 2, 2, 2, 2], z: f32[2, 2, 2, 2, 2, 2]) -> y: f32[2, 2, 2, 2, 2] {
  return rearrange(x, "a b c d e -> 1 e d c b a") + z
}
// expect: not-yet @ 2:36
// expect: not-yet @ 3:10
