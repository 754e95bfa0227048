/// y = x W^T + b over the last axis.
block Linear(x: f32[.., n], out: dim, bias: bool = true) -> f32[.., out] {
  param weight: f32[out, n] = kaiming_uniform(fan_in: n)
  y = x @ transpose(weight)
  if bias {
    param b: f32[out] as bias = uniform(1 / sqrt(n))
    y = y + b
  }
  return y
}

/// Multi-head self-attention over the rows of x.
block Attention(x: f32[t, d], heads: dim, causal: bool = false) -> f32[t, d] {
  require d % heads == 0, "the width {d} must be a multiple of the {heads} heads"
  let e = d / heads
  q = Linear(x, d, bias: false) |> rearrange("t (h e) -> h t e", h: heads)
  k = Linear(x, d, bias: false) |> rearrange("t (h e) -> h t e", h: heads)
  v = Linear(x, d, bias: false) |> rearrange("t (h e) -> h t e", h: heads)
  a = softmax(mask(q @ transpose(k) * (1 / sqrt(e)), causal), axis: -1)
  return a @ v |> rearrange("h t e -> t (h e)") |> Linear(d) as proj
}
