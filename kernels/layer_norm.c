#include "td_reduce.h"

static inline float td_fold_squared_deviation(float sum, float a, float b, float constant) {
  (void)b;
  const float deviation = a - constant;
  return td_fmaf(deviation, deviation, sum);
}

/// 1 / sqrt(variance + epsilon) of a row, the variance being the mean of (x - mean)^2.
static inline float td_row_rstd(const float* x, int32_t columns, float mean, float epsilon) {
  const float variance =
      td_fold_row(x, x, columns, mean, td_fold_squared_deviation) / (float)columns;
  return 1.0f / td_sqrtf(variance + epsilon);
}

#if defined(__riscv)
TD_INLINE void td_normalise_row(float* y, const float* x, const float* weight, const float* bias,
                                int32_t columns, float mean, float rstd) {
  int32_t i = 0;
  for (; i + TD_PARTIALS <= columns; i += TD_PARTIALS) {
    float next = x[i], next_weight = weight[i], next_bias = bias[i];
    TD_LANES for (int32_t j = 0; j < TD_PARTIALS; ++j) {
      const int32_t ahead = j < TD_PARTIALS - 1 ? j + 1 : 0;
      float here = next - mean;
      if (ahead) next = x[i + ahead];
      here *= rstd;
      const float here_weight = next_weight;
      if (ahead) next_weight = weight[i + ahead];
      here *= here_weight;
      const float here_bias = next_bias;
      if (ahead) next_bias = bias[i + ahead];
      y[i + j] = here + here_bias;
    }
  }
  TD_ROLLED for (; i < columns; ++i) y[i] = (x[i] - mean) * rstd * weight[i] + bias[i];
}
#else
TD_INLINE void td_normalise_row(float* y, const float* x, const float* weight, const float* bias,
                                int32_t columns, float mean, float rstd) {
  TD_INDEPENDENT(i, 0, columns, y, (x[i] - mean) * rstd * weight[i] + bias[i]);
}
#endif

/// mean and rstd of rows `begin` .. `end`.
TD_INLINE void td_statistics(float* mean, float* rstd, const float* x, int32_t x_row,
                             int32_t columns, int32_t rows, float epsilon) {
  // One after the other, because the loops of both find no room in a small cache.
  for (int32_t row = 0; row < rows; ++row) mean[row] = td_mean_row(x + row * x_row, columns);
  for (int32_t row = 0; row < rows; ++row)
    rstd[row] = td_row_rstd(x + row * x_row, columns, mean[row], epsilon);
}

/// y = (x - mean) * rstd * weight + bias for each row. y may be x.
TD_AS_WRITTEN("no-tree-ter")
void td_layer_norm_f32(const td_layer_norm_f32_args* args, td_team team) {
  enum { kBlock = 16 };
  const td_layer_norm_f32_args p = *args;
  float mean[kBlock], rstd[kBlock];
  td_range share = td_share(p.rows, team);
  while (share.begin < share.end) {
    const int32_t rows = td_min_int(share.end - share.begin, kBlock);
    const float* const x = p.x + share.begin * p.x_row;
    float* const y = p.y + share.begin * p.y_row;
    td_statistics(mean, rstd, x, p.x_row, p.columns, rows, p.epsilon);
    for (int32_t row = 0; row < rows; ++row)
      td_normalise_row(y + row * p.y_row, x + row * p.x_row, p.weight, p.bias, p.columns, mean[row],
                       rstd[row]);
    share.begin += rows;
  }
}

/// mean and rstd of each row.
TD_AS_WRITTEN("no-tree-ter")
void td_layer_norm_statistics_f32(const td_layer_norm_statistics_f32_args* args, td_team team) {
  const td_layer_norm_statistics_f32_args p = *args;
  const td_range share = td_share(p.rows, team);
  td_statistics(p.mean + share.begin, p.rstd + share.begin, p.x + share.begin * p.x_row, p.x_row,
                p.columns, share.end - share.begin, p.epsilon);
}

/// Sums over a row of dx = dy * weight, and of its products with x - mean.
typedef struct {
  float sum, product;
} td_gradient_sums;

#if defined(__riscv)
TD_INLINE td_gradient_sums td_sum_gradients(float* dx, const float* dy, const float* x,
                                            const float* weight, int32_t columns, float mean) {
  td_partials sum = {0.0f}, product = {0.0f};
  int32_t i = 0;
  for (; i + TD_PARTIALS <= columns; i += TD_PARTIALS) {
    float next_dy = dy[i], next_weight = weight[i];
    TD_LANES for (int32_t j = 0; j < TD_PARTIALS; ++j) {
      const int32_t ahead = j < TD_PARTIALS - 1 ? j + 1 : 0;
      const float here = next_dy * next_weight;
      const float of_x = x[i + j];
      if (ahead) next_dy = dy[i + ahead];
      const float deviation = of_x - mean;
      if (ahead) next_weight = weight[i + ahead];
      sum[j] += here;
      dx[i + j] = here;
      product[j] = td_fmaf(here, deviation, product[j]);
    }
  }
  TD_LANES for (int32_t j = 0; j < TD_PARTIALS - 1; ++j) {
    if (i + j >= columns) break;
    const float here = dy[i + j] * weight[i + j];
    dx[i + j] = here;
    sum[j] += here;
    product[j] = td_fmaf(here, x[i + j] - mean, product[j]);
  }
  const td_gradient_sums sums = {td_sum_partials(sum), td_sum_partials(product)};
  return sums;
}
#else
/// sum + a * (b - constant)
static inline float td_fold_covariance(float sum, float a, float b, float constant) {
  return td_fmaf(a, b - constant, sum);
}

TD_INLINE td_gradient_sums td_sum_gradients(float* dx, const float* dy, const float* x,
                                            const float* weight, int32_t columns, float mean) {
  TD_INDEPENDENT(i, 0, columns, dx, dy[i] * weight[i]);
  const td_gradient_sums sums = {td_fold_row(dx, dx, columns, 0.0f, td_fold_add),
                                 td_fold_row(dx, x, columns, mean, td_fold_covariance)};
  return sums;
}
#endif

/// dx = rstd * (g - mean of g - n * mean of g * n) for each row, with g = dy * weight and
/// n = (x - mean) * rstd. dx may be dy.
TD_AS_WRITTEN("no-tree-ter")
void td_layer_norm_grad_f32(const td_layer_norm_grad_f32_args* args, td_team team) {
  const td_layer_norm_grad_f32_args p = *args;
  const td_range share = td_share(p.rows, team);
  const int32_t columns = p.columns;
  for (int32_t row = share.begin; row < share.end; ++row) {
    float* const dx = p.dx + row * p.dx_row;
    const float* const x = p.x + row * p.x_row;
    const float mean = p.mean[row];
    const float rstd = p.rstd[row];
    const td_gradient_sums sums =
        td_sum_gradients(dx, p.dy + row * p.dy_row, x, p.weight, columns, mean);
    const float mean_g = sums.sum / (float)columns;
    const float covariance = sums.product / (float)columns;
    const float slope = covariance * rstd * rstd;  // mean of g * n, times rstd
    TD_INDEPENDENT(i, 0, columns, dx, rstd * td_fmaf(mean - x[i], slope, dx[i] - mean_g));
  }
}

#if defined(__riscv)
/// Columns `begin` .. `begin + columns` of dweight, their sums in registers.
TD_INLINE void td_weight_columns(const td_layer_norm_weight_grad_f32_args* p, int32_t begin,
                                 int32_t columns) {
  float sum[TD_PARTIALS];
  const float* dy = p->dy + begin;
  const float* x = p->x + begin;
  TD_LANES for (int32_t j = 0; j < columns; ++j) sum[j] =
      p->accumulate ? p->dweight[begin + j] : 0.0f;
  const float* const mean = p->mean;
  const float* const rstd = p->rstd;
  TD_ROLLED for (int32_t row = 0; row < p->rows; ++row, dy += p->dy_row, x += p->x_row) {
    const float of_mean = mean[row], of_rstd = rstd[row];
    TD_LANES for (int32_t j = 0; j < columns; ++j) sum[j] =
        td_fmaf(dy[j], (x[j] - of_mean) * of_rstd, sum[j]);
  }
  TD_LANES for (int32_t j = 0; j < columns; ++j) p->dweight[begin + j] = sum[j];
}
#endif

/// dweight = sum over the rows of dy * n, one chain of fused multiply-adds, rows ascending. The
/// work items are columns.
void td_layer_norm_weight_grad_f32(const td_layer_norm_weight_grad_f32_args* args, td_team team) {
  const td_layer_norm_weight_grad_f32_args p = *args;
  td_range share = td_share(p.columns, team);
#if defined(__riscv)
  for (; share.begin + TD_PARTIALS <= share.end; share.begin += TD_PARTIALS)
    td_weight_columns(&p, share.begin, TD_PARTIALS);
  for (; share.begin < share.end; ++share.begin) td_weight_columns(&p, share.begin, 1);
#else
  float* const dweight = p.dweight;
  if (!p.accumulate) {
    for (int32_t i = share.begin; i < share.end; ++i) dweight[i] = 0.0f;
  }
  for (int32_t row = 0; row < p.rows; ++row) {
    const float* const dy = p.dy + row * p.dy_row;
    const float* const x = p.x + row * p.x_row;
    const float mean = p.mean[row];
    const float rstd = p.rstd[row];
    TD_INDEPENDENT(i, share.begin, share.end, dweight,
                   td_fmaf(dy[i], (x[i] - mean) * rstd, dweight[i]));
  }
#endif
}
