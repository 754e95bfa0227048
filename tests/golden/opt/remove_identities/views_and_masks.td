tdl 1

// Gone: a mask that hides nothing, a reshape to the same shape. Kept: a mask that hides, a reshape
// that changes something.
net N(x: f32[2, 3]) -> y: f32[6] {
  a = mask(x, causal: false) |> relu
  b = reshape(a, [2, 3]) |> exp
  return mask(b, causal: true) |> reshape([6])
}
