tdl 1

net ChannelNorm(x: f32[3, 10]) -> y: f32[3, 10] {
  param mean: f32[3] = normal(1)
  param variance: f32[3] = ones
  param weight: f32[3] = ones
  param bias: f32[3] = zeros
  return channel_norm(x, mean, variance, weight, bias, eps: 1e-5)
}
