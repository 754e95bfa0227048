/// A block with every kind of statement.
/// Two lines.
block All(
  /// What goes in.
  x: f32[.., n], k: int = 3,
  f: block(f32[n], dim) -> (f32[n], f32[n]), pair: (int, int),
) -> f32[.., n], f32[] {
  let half = n / 2
  param weight: f32[n] = normal(0.1)
  param b: f32[n] as bias.0.1.c
  state mean: f32[n] as stats[0].mean = zeros()
  require n % 2 == 0, "{n} is odd; \{half\} would be {n / 2}"
  require k > 0
  /// A branch.
  if k == 1 {
    y = x
  } else if k == 2 { y = x + x } else {
    y: f32[.., n] = x * 3
  }
  repeat i in 0..k { y = Linear(y, n) as layers[i].inner }
  repeat (c, s) in [(64, 1), (128, 2)] { y = y * c + s }
  repeat i, (c, s) in [(64, 1)] { y, z = f(y) as cell shared }
  update mean = 0.9 * mean
  //// a plain comment
  return y, z
}
