tdl 1

use std.nn

net Example(x: f32[4, 9]) -> y: f32[4, 9] {
  param weight: f32[4] = ones
  param bias: f32[4] = zeros
  state mean: f32[4] = zeros
  state variance: f32[4] = ones
  return Normalized(x, weight, bias, mean, variance, eps: 1e-3, momentum: 0.01, statistics: "batch")
}
