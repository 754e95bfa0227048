// The layers of `std.nn`, written in the language. Parameters have the names and shapes of PyTorch's.
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

/// Two-dimensional convolution of `c` channels; each of `groups` groups of channels on its own.
block Conv2d(
  x: f32[c, h, w], out: dim, kernel: dim2, stride: dim2 = 1, padding: dim2 = 0, dilation: dim2 = 1,
  groups: dim = 1, bias: bool = true,
) -> f32[out, i, j] {
  require c % groups == 0, "the {c} channels must be a multiple of the {groups} groups"
  require out % groups == 0, "the {out} outputs must be a multiple of the {groups} groups"
  let taps = c / groups * kernel[0] * kernel[1]
  param weight: f32[out, c / groups, kernel[0], kernel[1]] = kaiming_uniform(fan_in: taps)
  y = conv2d(x, weight, stride: stride, padding: padding, dilation: dilation, groups: groups)
  if bias {
    param b: f32[out] as bias = uniform(1 / sqrt(taps))
    y = y + reshape(b, [out, 1, 1])
  }
  return y
}

/// Rows of a table, one for each index.
block Embedding(index: i32[..], count: dim, width: dim) -> f32[.., width] {
  param weight: f32[count, width] = normal(1)
  return embedding(index, weight)
}

/// Each row moved to mean 0 and scaled to variance 1, then scaled and moved by parameters.
block LayerNorm(x: f32[.., d], eps: float = 1e-5) -> f32[.., d] {
  param weight: f32[d] = ones
  param bias: f32[d] = zeros
  return layer_norm(x, weight, bias, eps: eps)
}

/// Channels of mean 0 and variance 1 over the batch, then scaled and moved by `weight` and `bias`.
/// With `statistics: "running"`, and wherever nothing trains, by the running mean and variance, which training updates.
block Normalized(
  x: f32[c, s], weight: f32[c], bias: f32[c], running_mean: f32[c], running_var: f32[c], eps: float, momentum: float,
  statistics: string,
) -> f32[c, s] {
  require statistics == "batch" or statistics == "running", "statistics are those of the \"batch\" or \"running\" ones"
  if statistics == "running" {
    y = channel_norm(x, running_mean, running_var, weight, bias, eps: eps)
  } else {
    y, mean, variance = batch_norm(x, running_mean, running_var, weight, bias, eps: eps)
    update running_mean = running_mean * (1 - momentum) + mean * momentum
    update running_var = running_var * (1 - momentum) + variance * momentum
  }
  return y
}

/// Batch normalisation of `c` features.
block BatchNorm(
  x: f32[c], eps: float = 1e-5, momentum: float = 0.1, statistics: string = "batch",
) -> f32[c] {
  param weight: f32[c] = ones
  param bias: f32[c] = zeros
  state running_mean: f32[c] = zeros
  state running_var: f32[c] = ones
  y = Normalized(reshape(x, [c, 1]), weight, bias, running_mean, running_var, eps, momentum, statistics)
  return reshape(y, [c])
}

/// Batch normalisation of `c` channels of signals.
block BatchNorm1d(
  x: f32[c, t], eps: float = 1e-5, momentum: float = 0.1, statistics: string = "batch",
) -> f32[c, t] {
  param weight: f32[c] = ones
  param bias: f32[c] = zeros
  state running_mean: f32[c] = zeros
  state running_var: f32[c] = ones
  return Normalized(x, weight, bias, running_mean, running_var, eps, momentum, statistics)
}

/// Batch normalisation of `c` channels of images.
block BatchNorm2d(
  x: f32[c, h, w], eps: float = 1e-5, momentum: float = 0.1, statistics: string = "batch",
) -> f32[c, h, w] {
  param weight: f32[c] = ones
  param bias: f32[c] = zeros
  state running_mean: f32[c] = zeros
  state running_var: f32[c] = ones
  y = Normalized(reshape(x, [c, h * w]), weight, bias, running_mean, running_var, eps, momentum, statistics)
  return reshape(y, [c, h, w])
}

/// Each row scaled to mean square 1, then scaled by a parameter.
block RmsNorm(x: f32[.., d], eps: float = 1e-6) -> f32[.., d] {
  param weight: f32[d] = ones
  return x / sqrt(mean(x * x, axis: -1, keep: true) + eps) * weight
}

/// A learnt value for each element of `x`, to be added to it.
block PositionalEmbedding(x: f32[t, d]) -> f32[t, d] {
  param weight: f32[t, d] = normal(0.2)
  return weight
}

/// The mean of the rows of `x`, weighted by the softmax of a learnt score.
block SequencePool(x: f32[t, d]) -> f32[d] {
  param weight: f32[1, d] = kaiming_uniform(fan_in: d)
  param bias: f32[1] = uniform(1 / sqrt(d))
  scores = reshape(x @ transpose(weight) + bias, [t])
  return softmax(scores, axis: -1) @ x
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

/// Two dense layers with GELU between them, on each row.
block Mlp(x: f32[.., d], hidden: dim) -> f32[.., d] {
  return Linear(x, hidden) as fc1 |> gelu |> Linear(d) as fc2
}

/// A pre-norm transformer layer.
block TransformerEncoder(x: f32[t, d], heads: dim, hidden: dim, causal: bool = false) -> f32[t, d] {
  s = x + Attention(LayerNorm(x) as norm1, heads: heads, causal: causal) as attn
  return s + Mlp(LayerNorm(s) as norm2, hidden: hidden) as mlp
}

/// The layer of Compact Transformers: its second residual starts at the second norm's output.
block CctEncoder(x: f32[t, d], heads: dim, hidden: dim) -> f32[t, d] {
  s = x + Attention(LayerNorm(x) as pre_norm, heads: heads) as attn
  n = LayerNorm(s) as norm1
  return n + Mlp(n, hidden: hidden) as mlp
}
