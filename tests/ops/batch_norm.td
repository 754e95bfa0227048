tdl 1

net BatchNorm(x: f32[3, 10]) -> y: f32[3, 10] {
  param weight: f32[3] = ones
  param bias: f32[3] = zeros
  state running_mean: f32[3] = zeros
  state running_var: f32[3] = ones
  y, mean, variance = batch_norm(x, running_mean, running_var, weight, bias, eps: 1e-5)
  update running_mean = 0.9 * running_mean + 0.1 * mean
  update running_var = 0.9 * running_var + 0.1 * variance
  return y
}
