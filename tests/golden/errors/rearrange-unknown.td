tdl 1
net N(x: f32[3, 8, 8]) -> y: f32[64, 3] { return x |> rearrange("c h w -> (h v) c") }
// expect: rearrange @ 2:78
