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

/// Convolution of `c` channels along `t` positions; each of `groups` groups of channels on its own.
block Conv1d(
  x: f32[c, t], out: dim, kernel: dim, stride: dim = 1, padding: dim = 0, dilation: dim = 1, groups: dim = 1,
  bias: bool = true,
) -> f32[out, j] {
  require c % groups == 0, "the {c} channels must be a multiple of the {groups} groups"
  require out % groups == 0, "the {out} outputs must be a multiple of the {groups} groups"
  let taps = c / groups * kernel
  param weight: f32[out, c / groups, kernel] = kaiming_uniform(fan_in: taps)
  row = reshape(x, [c, 1, t]) // an image of one row
  kernels = reshape(weight, [out, c / groups, 1, kernel])
  y = conv2d(row, kernels, stride: (1, stride), padding: (0, padding), dilation: (1, dilation), groups: groups)
    |> rearrange("o 1 j -> o j")
  if bias {
    param b: f32[out] as bias = uniform(1 / sqrt(taps))
    y = y + reshape(b, [out, 1])
  }
  return y
}

/// A convolution of each channel by itself, then one of 1x1 across channels: few weights. Norms and activations are the caller's.
block DepthwiseSeparable(
  x: f32[c, h, w], out: dim, kernel: dim2 = 3, stride: dim2 = 1, padding: dim2 = 1, bias: bool = true,
) -> f32[out, i, j] {
  y = Conv2d(x, c, kernel: kernel, stride: stride, padding: padding, groups: c, bias: bias) as depthwise
  return Conv2d(y, out, kernel: 1, bias: bias) as pointwise
}

/// What `conv2d` of the same weight does to gradients of its image: images become larger by the stride.
block ConvTranspose2d(
  x: f32[c, h, w], out: dim, kernel: dim2, stride: dim2 = 1, padding: dim2 = 0, output_padding: dim2 = 0,
  groups: dim = 1, bias: bool = true, dilation: dim2 = 1,
) -> f32[out, i, j] {
  require c % groups == 0, "the {c} channels must be a multiple of the {groups} groups"
  require out % groups == 0, "the {out} outputs must be a multiple of the {groups} groups"
  let taps = out / groups * kernel[0] * kernel[1]
  param weight: f32[c, out / groups, kernel[0], kernel[1]] = kaiming_uniform(fan_in: taps)
  y = conv_transpose2d(
    x, weight, stride: stride, padding: padding, dilation: dilation, groups: groups, output_padding: output_padding,
  )
  if bias {
    param b: f32[out] as bias = uniform(1 / sqrt(taps))
    y = y + reshape(b, [out, 1, 1])
  }
  return y
}

/// The block of MobileNetV2: channels are widened `expand` times, each is convolved by itself, and a linear layer takes them to
/// `out`. If that has the shape of `x`, `x` is added.
block InvertedResidual(
  x: f32[c, h, w], out: dim, stride: dim = 1, expand: dim = 6, statistics: string = "batch",
) -> f32[out, i, j] {
  require stride == 1 or stride == 2, "the stride is 1 or 2, not {stride}"
  let hidden = c * expand
  if expand == 1 {
    y = Conv2d(x, c, kernel: 3, stride: stride, padding: 1, groups: c, bias: false) as conv.0.0
      |> BatchNorm2d(statistics: statistics) as conv.0.1
      |> relu6
      |> Conv2d(out, kernel: 1, bias: false) as conv.1
      |> BatchNorm2d(statistics: statistics) as conv.2
  } else {
    y = Conv2d(x, hidden, kernel: 1, bias: false) as conv.0.0
      |> BatchNorm2d(statistics: statistics) as conv.0.1
      |> relu6
      |> Conv2d(hidden, kernel: 3, stride: stride, padding: 1, groups: hidden, bias: false) as conv.1.0
      |> BatchNorm2d(statistics: statistics) as conv.1.1
      |> relu6
      |> Conv2d(out, kernel: 1, bias: false) as conv.2
      |> BatchNorm2d(statistics: statistics) as conv.3
  }
  if stride == 1 and out == c {
    y = x + y
  }
  return y
}

/// The largest of each window of an image.
block MaxPool2d(
  x: f32[.., h, w], kernel: dim2, stride: dim2 = kernel, padding: dim2 = 0, ceil_mode: bool = false,
) -> f32[.., i, j] {
  return max_pool2d(x, kernel: kernel, stride: stride, padding: padding, ceil_mode: ceil_mode)
}

/// The largest of each window of positions.
block MaxPool1d(
  x: f32[c, t], kernel: dim, stride: dim = kernel, padding: dim = 0, ceil_mode: bool = false,
) -> f32[c, j] {
  row = reshape(x, [c, 1, t]) // an image of one row
  return MaxPool2d(row, kernel: (1, kernel), stride: (1, stride), padding: (0, padding), ceil_mode: ceil_mode)
    |> rearrange("c 1 j -> c j")
}

/// The mean of each window of an image; padding counts as zeros, or not at all.
block AvgPool2d(
  x: f32[.., h, w], kernel: dim2, stride: dim2 = kernel, padding: dim2 = 0, ceil_mode: bool = false,
  count_include_pad: bool = true,
) -> f32[.., i, j] {
  return avg_pool2d(
    x, kernel: kernel, stride: stride, padding: padding, ceil_mode: ceil_mode, count_include_pad: count_include_pad,
  )
}

/// The mean of each window of positions; padding counts as zeros, or not at all.
block AvgPool1d(
  x: f32[c, t], kernel: dim, stride: dim = kernel, padding: dim = 0, ceil_mode: bool = false,
  count_include_pad: bool = true,
) -> f32[c, j] {
  row = reshape(x, [c, 1, t]) // an image of one row
  return AvgPool2d(
    row, kernel: (1, kernel), stride: (1, stride), padding: (0, padding), ceil_mode: ceil_mode,
    count_include_pad: count_include_pad,
  ) |> rearrange("c 1 j -> c j")
}

/// Means of `size` windows that cover an image evenly, whatever its extents.
block AdaptiveAvgPool2d(x: f32[.., h, w], size: dim2) -> f32[.., size[0], size[1]] {
  return adaptive_avg_pool2d(x, size: size)
}

/// Means of `size` windows that cover positions evenly, however many there are.
block AdaptiveAvgPool1d(x: f32[c, t], size: dim) -> f32[c, size] {
  return adaptive_avg_pool2d(x, size: (c, size))
}

/// Each element of an image repeated `scale` times along rows and columns.
block Upsample(x: f32[.., h, w], scale: dim2) -> f32[.., scale[0] * h, scale[1] * w] {
  return resize_nearest(x, size: (scale[0] * h, scale[1] * w))
}

/// The mean of each image.
block GlobalAvgPool(x: f32[.., h, w]) -> f32[..] {
  return mean(x, axis: [-2, -1])
}

/// Each channel scaled by a factor between 0 and 1 that two dense layers find from the means of all channels.
block SqueezeExcite(x: f32[c, h, w], hidden: dim) -> f32[c, h, w] {
  means = mean(x, axis: [-2, -1], keep: true)
  factors = Conv2d(means, hidden, kernel: 1) as fc1 |> relu |> Conv2d(c, kernel: 1) as fc2 |> sigmoid
  return x * factors
}

/// A row of `width` numbers for each patch of an image; patches lie side by side, from left to right and then down.
block PatchEmbedding(x: f32[c, h, w], width: dim, patch: dim2) -> f32[t, width] {
  require h % patch[0] == 0 and w % patch[1] == 0, "an image of {h} x {w} is not made of patches of {patch}"
  return Conv2d(x, width, kernel: patch, stride: patch) as proj |> rearrange("e i j -> (i j) e")
}

/// In training each element is 0 with probability `p` and divided by 1 - p otherwise; everywhere else nothing changes.
/// `step` says which elements: it starts where the seed of the initial values puts it, and each call of the training step adds 1.
block Dropout(x: f32[..], p: float = 0.5) -> f32[..] {
  state step: f32[] = uniform(4194304)
  y = dropout(x, step, p: p)
  update step = step + 1
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
  require statistics == "batch" or statistics == "running", "`statistics` is \"batch\" or \"running\", or of a layer such as BatchNorm2d \"folded\""
  if statistics == "running" {
    y = channel_norm(x, running_mean, running_var, weight, bias, eps: eps)
  } else {
    y, mean, variance = batch_norm(x, running_mean, running_var, weight, bias, eps: eps)
    update running_mean = running_mean * (1 - momentum) + mean * momentum
    update running_var = running_var * (1 - momentum) + variance * momentum
  }
  return y
}

/// Batch normalisation of `c` features. `"folded"` `statistics` are those of weights by `tdc weights fold`: what is left is a bias.
block BatchNorm(
  x: f32[c], eps: float = 1e-5, momentum: float = 0.1, statistics: string = "batch",
) -> f32[c] {
  if statistics == "folded" {
    param b: f32[c] as bias = zeros
    y = x + b
  } else {
    param weight: f32[c] = ones
    param b: f32[c] as bias = zeros
    state running_mean: f32[c] = zeros
    state running_var: f32[c] = ones
    y = Normalized(reshape(x, [c, 1]), weight, b, running_mean, running_var, eps, momentum, statistics) |> reshape([c])
  }
  return y
}

/// Batch normalisation of `c` channels of signals. `"folded"` `statistics` are those of weights by `tdc weights fold`: what is left is
/// a bias.
block BatchNorm1d(
  x: f32[c, t], eps: float = 1e-5, momentum: float = 0.1, statistics: string = "batch",
) -> f32[c, t] {
  if statistics == "folded" {
    param b: f32[c] as bias = zeros
    y = x + reshape(b, [c, 1])
  } else {
    param weight: f32[c] = ones
    param b: f32[c] as bias = zeros
    state running_mean: f32[c] = zeros
    state running_var: f32[c] = ones
    y = Normalized(x, weight, b, running_mean, running_var, eps, momentum, statistics)
  }
  return y
}

/// Batch normalisation of `c` channels of images. `"folded"` `statistics` are those of weights by `tdc weights fold`: what is left is
/// a bias.
block BatchNorm2d(
  x: f32[c, h, w], eps: float = 1e-5, momentum: float = 0.1, statistics: string = "batch",
) -> f32[c, h, w] {
  if statistics == "folded" {
    param b: f32[c] as bias = zeros
    y = x + reshape(b, [c, 1, 1])
  } else {
    param weight: f32[c] = ones
    param b: f32[c] as bias = zeros
    state running_mean: f32[c] = zeros
    state running_var: f32[c] = ones
    y = Normalized(reshape(x, [c, h * w]), weight, b, running_mean, running_var, eps, momentum, statistics)
      |> reshape([c, h, w])
  }
  return y
}

/// Each row scaled to mean square 1, then scaled by a parameter.
block RmsNorm(x: f32[.., d], eps: float = 1e-6) -> f32[.., d] {
  param weight: f32[d] = ones
  return x * rsqrt(mean(x * x, axis: -1, keep: true) + eps) * weight
}

/// Each row moved to mean 0 and scaled to variance 1. No parameters.
block Standardize(x: f32[.., n], eps: float = 1e-5) -> f32[.., n] {
  return layer_norm(x, ones([n]), zeros([n]), eps: eps)
}

/// Groups of channels moved to mean 0 and scaled to variance 1 within each sample, then channels scaled and moved by parameters.
block GroupNorm(x: f32[c, h, w], groups: dim, eps: float = 1e-5) -> f32[c, h, w] {
  require c % groups == 0, "the {c} channels must be a multiple of the {groups} groups"
  param weight: f32[c] = ones
  param bias: f32[c] = zeros
  rows = Standardize(reshape(x, [groups, c / groups * h * w]), eps: eps)
  return reshape(rows, [c, h, w]) * reshape(weight, [c, 1, 1]) + reshape(bias, [c, 1, 1])
}

/// Each channel moved to mean 0 and scaled to variance 1 within its sample, then scaled and moved by parameters.
block InstanceNorm1d(x: f32[c, t], eps: float = 1e-5) -> f32[c, t] {
  param weight: f32[c] = ones
  param bias: f32[c] = zeros
  return Standardize(x, eps: eps) * reshape(weight, [c, 1]) + reshape(bias, [c, 1])
}

/// Each channel of an image moved to mean 0 and scaled to variance 1 within its sample, then scaled and moved by parameters.
block InstanceNorm2d(x: f32[c, h, w], eps: float = 1e-5) -> f32[c, h, w] {
  param weight: f32[c] = ones
  param bias: f32[c] = zeros
  rows = Standardize(reshape(x, [c, h * w]), eps: eps)
  return reshape(rows, [c, h, w]) * reshape(weight, [c, 1, 1]) + reshape(bias, [c, 1, 1])
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

/// Multi-head self-attention that sees only the rows whose element of `is_token` is not 0; all, alike, if there are none.
block MaskedAttention(x: f32[t, d], is_token: f32[t], heads: dim, causal: bool = false) -> f32[t, d] {
  require d % heads == 0, "the width {d} must be a multiple of the {heads} heads"
  let e = d / heads
  q = Linear(x, d, bias: false) |> rearrange("t (h e) -> h t e", h: heads)
  k = Linear(x, d, bias: false) |> rearrange("t (h e) -> h t e", h: heads)
  v = Linear(x, d, bias: false) |> rearrange("t (h e) -> h t e", h: heads)
  scores = where(is_token, q @ transpose(k) * (1 / sqrt(e)), -3.0e38)
  a = softmax(mask(scores, causal), axis: -1)
  return a @ v |> rearrange("h t e -> t (h e)") |> Linear(d) as proj
}

/// Self-attention whose heads share keys and values in `groups` groups; with one group it is multi-query attention.
block GroupedAttention(x: f32[t, d], heads: dim, groups: dim, causal: bool = false) -> f32[t, d] {
  require d % heads == 0, "the width {d} must be a multiple of the {heads} heads"
  require heads % groups == 0, "the {heads} heads must be a multiple of the {groups} groups"
  let e = d / heads
  let r = heads / groups
  q = Linear(x, d, bias: false) |> rearrange("t (g r e) -> g (r t) e", g: groups, r: r)
  k = Linear(x, groups * e, bias: false) |> rearrange("t (g e) -> g t e", g: groups)
  v = Linear(x, groups * e, bias: false) |> rearrange("t (g e) -> g t e", g: groups)
  scores = q @ transpose(k) * (1 / sqrt(e)) |> rearrange("g (r t) s -> g r t s", r: r)
  a = softmax(mask(scores, causal), axis: -1) |> rearrange("g r t s -> g (r t) s")
  return a @ v |> rearrange("g (r t) e -> t (g r e)", r: r) |> Linear(d) as proj
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

/// The next state of a GRU. `gates` is what the input gives to its gates: reset, update and new.
block GruStep(h: f32[d], gates: f32[3 * d], weight: f32[3 * d, d], bias: f32[3 * d]) -> f32[d] {
  own = h @ transpose(weight) + bias
  r = sigmoid(gates[0..d] + own[0..d])
  z = sigmoid(gates[d..2 * d] + own[d..2 * d])
  n = tanh(gates[2 * d..3 * d] + r * own[2 * d..3 * d])
  return n + z * (h - n)
}

/// The next states `h` and `c` of an LSTM. `gates` is what the input gives to its gates: input, forget, cell and output.
block LstmStep(
  h: f32[d], c: f32[d], gates: f32[4 * d], weight: f32[4 * d, d], bias: f32[4 * d],
) -> f32[d], f32[d] {
  sums = gates + h @ transpose(weight) + bias
  i = sigmoid(sums[0..d])
  f = sigmoid(sums[d..2 * d])
  g = tanh(sums[2 * d..3 * d])
  o = sigmoid(sums[3 * d..4 * d])
  c = f * c + i * g
  return o * tanh(c), c
}

/// One step of a GRU: from an input and a state to the next state.
block GruCell(x: f32[n], h: f32[d]) -> f32[d] {
  param weight_ih: f32[3 * d, n] = uniform(1 / sqrt(d))
  param weight_hh: f32[3 * d, d] = uniform(1 / sqrt(d))
  param bias_ih: f32[3 * d] = uniform(1 / sqrt(d))
  param bias_hh: f32[3 * d] = uniform(1 / sqrt(d))
  return GruStep(h, x @ transpose(weight_ih) + bias_ih, weight_hh, bias_hh)
}

/// One step of an LSTM: from an input and the states `h`, `c` to the next `h`, `c`.
block LstmCell(x: f32[n], h: f32[d], c: f32[d]) -> f32[d], f32[d] {
  param weight_ih: f32[4 * d, n] = uniform(1 / sqrt(d))
  param weight_hh: f32[4 * d, d] = uniform(1 / sqrt(d))
  param bias_ih: f32[4 * d] = uniform(1 / sqrt(d))
  param bias_hh: f32[4 * d] = uniform(1 / sqrt(d))
  h, c = LstmStep(h, c, x @ transpose(weight_ih) + bias_ih, weight_hh, bias_hh)
  return h, c
}

/// A GRU of one layer over the rows of `x`, from a state of zeros. The result `y` is its state after each row, the last `y[t - 1]`.
block Gru(x: f32[t, n], hidden: dim) -> f32[t, hidden] {
  param weight_ih: f32[3 * hidden, n] as weight_ih_l0 = uniform(1 / sqrt(hidden))
  param weight_hh: f32[3 * hidden, hidden] as weight_hh_l0 = uniform(1 / sqrt(hidden))
  param bias_ih: f32[3 * hidden] as bias_ih_l0 = uniform(1 / sqrt(hidden))
  param bias_hh: f32[3 * hidden] as bias_hh_l0 = uniform(1 / sqrt(hidden))
  gates = x @ transpose(weight_ih) + bias_ih
  h = zeros([hidden])
  states = reshape(h, [1, hidden])
  repeat i in 0..t {
    h = GruStep(h, gates[i], weight_hh, bias_hh)
    states = concat([states, reshape(h, [1, hidden])], axis: 0)
  }
  return states[1..t + 1]
}

/// An LSTM of one layer over the rows of `x`, from states of zeros. The result `y` is its state `h` after each row, the last `y[t - 1]`.
block Lstm(x: f32[t, n], hidden: dim) -> f32[t, hidden] {
  param weight_ih: f32[4 * hidden, n] as weight_ih_l0 = uniform(1 / sqrt(hidden))
  param weight_hh: f32[4 * hidden, hidden] as weight_hh_l0 = uniform(1 / sqrt(hidden))
  param bias_ih: f32[4 * hidden] as bias_ih_l0 = uniform(1 / sqrt(hidden))
  param bias_hh: f32[4 * hidden] as bias_hh_l0 = uniform(1 / sqrt(hidden))
  gates = x @ transpose(weight_ih) + bias_ih
  h = zeros([hidden])
  c = zeros([hidden])
  states = reshape(h, [1, hidden])
  repeat i in 0..t {
    h, c = LstmStep(h, c, gates[i], weight_hh, bias_hh)
    states = concat([states, reshape(h, [1, hidden])], axis: 0)
  }
  return states[1..t + 1]
}

/// The mean distance of two tensors' elements; a loss.
block L1Loss(prediction: f32[..], target: f32[..]) -> f32[] {
  return mean(abs(prediction - target))
}

/// The mean of e^2 / 2 where the distance e of two elements is at most `delta`, else of delta (e - delta / 2); a loss.
block HuberLoss(prediction: f32[..], target: f32[..], delta: float = 1) -> f32[] {
  require delta > 0, "`delta` is {delta}, it must be above 0"
  e = prediction - target
  held = clamp(e, low: -delta, high: delta)
  return mean(held * (e - 0.5 * held))
}

/// The mean of binary cross-entropies of sigmoid(logits) and targets from 0 to 1; a loss.
block BceWithLogits(logits: f32[..], target: f32[..]) -> f32[] {
  return mean(softplus(logits) - logits * target)
}

/// Cross-entropy of which each class gets a share of `smoothing` beside the labelled one's; a loss.
block SmoothCrossEntropy(logits: f32[.., c], label: i32[..], smoothing: float = 0.1) -> f32[] {
  require smoothing >= 0 and smoothing <= 1, "`smoothing` is {smoothing}, it must be from 0 to 1"
  return (1 - smoothing) * cross_entropy(logits, label) - smoothing * mean(log_softmax(logits))
}

/// The mean over rows of cross-entropy times the weight of the row's class, not divided by the sum of weights; a loss.
block WeightedCrossEntropy(logits: f32[.., c], label: i32[..], weights: f32[c]) -> f32[] {
  return -mean(gather(weights, label) * gather(log_softmax(logits), label))
}

/// The mean of cross-entropy over those rows whose label is not the class `ignored`, 0 if there are none; a loss.
block IgnoringCrossEntropy(logits: f32[t, c], label: i32[t], ignored: dim) -> f32[] {
  require ignored < c, "`ignored` is {ignored}, the classes are 0 to {c - 1}"
  counts = label != ignored
  return -sum(counts * gather(log_softmax(logits), label)) / maximum(sum(counts), 1)
}

/// The mean over rows of -target log softmax(logits), where `target` is a distribution; a loss. With another net's softmax it distils.
block SoftCrossEntropy(logits: f32[.., c], target: f32[.., c]) -> f32[] {
  return -c * mean(target * log_softmax(logits))
}

/// The mean over rows of 1 - the cosine of the angle between prediction and target; a loss. Of two rows the product of lengths is at least `eps`.
block CosineLoss(prediction: f32[.., n], target: f32[.., n], eps: float = 1e-8) -> f32[] {
  dot = sum(prediction * target, axis: -1, keep: true)
  lengths = sum(prediction * prediction, axis: -1, keep: true) * sum(target * target, axis: -1, keep: true)
  return 1 - mean(dot * rsqrt(maximum(lengths, full([1], value: eps * eps))))
}

/// How many rows have their largest logit at the class `positive` and its label, have the logit there, and have the label: what
/// `Precision`, `Recall` and `F1` are made of.
block ClassCounts(logits: f32[.., c], label: i32[..], positive: dim) -> f32[], f32[], f32[] {
  require positive < c, "`positive` is {positive}, the classes are 0 to {c - 1}"
  said = argmax(logits, axis: -1) == positive
  is = label == positive
  return sum(said * is), sum(said), sum(is)
}

/// How many of the rows that are said to be of the class `positive` are of it; a metric, NaN if there are none.
block Precision(logits: f32[.., c], label: i32[..], positive: dim) -> f32[], f32[] {
  hits, said, _is = ClassCounts(logits, label, positive)
  return hits, said
}

/// How many of the rows of the class `positive` are said to be of it; a metric, NaN if there are none.
block Recall(logits: f32[.., c], label: i32[..], positive: dim) -> f32[], f32[] {
  hits, _said, is = ClassCounts(logits, label, positive)
  return hits, is
}

/// The harmonic mean of precision and recall of the class `positive`; a metric, NaN if no row is of it or said to be.
block F1(logits: f32[.., c], label: i32[..], positive: dim) -> f32[], f32[] {
  hits, said, is = ClassCounts(logits, label, positive)
  return 2 * hits, said + is
}
