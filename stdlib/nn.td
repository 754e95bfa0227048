// The layers of `std.nn`. Parameters have the names and shapes of PyTorch's.
tdl 1

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
