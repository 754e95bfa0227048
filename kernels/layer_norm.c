#include "td_reduce.h"

static inline float td_fold_squared_deviation(float sum, float a, float b, float constant) {
  (void)b;
  const float deviation = a - constant;
  return td_fmaf(deviation, deviation, sum);
}

/// sum + a * (b - constant)
static inline float td_fold_covariance(float sum, float a, float b, float constant) {
  return td_fmaf(a, b - constant, sum);
}

/// 1 / sqrt(variance + epsilon) of a row, the variance being the mean of (x - mean)^2.
static inline float td_row_rstd(const float* x, int32_t columns, float mean, float epsilon) {
  const float variance =
      td_fold_row(x, x, columns, mean, td_fold_squared_deviation) / (float)columns;
  return 1.0f / td_sqrtf(variance + epsilon);
}

/// y = (x - mean) * rstd * weight + bias for each row. y may be x.
void td_layer_norm_f32(const td_layer_norm_f32_args* args, td_team team) {
  const td_range share = td_share(args->rows, team);
  const int32_t columns = args->columns;
  const float* const weight = args->weight;
  const float* const bias = args->bias;
  for (int32_t row = share.begin; row < share.end; ++row) {
    float* const y = args->y + row * args->y_row;
    const float* const x = args->x + row * args->x_row;
    const float mean = td_mean_row(x, columns);
    const float rstd = td_row_rstd(x, columns, mean, args->epsilon);
    TD_INDEPENDENT(i, 0, columns, y, (x[i] - mean) * rstd * weight[i] + bias[i]);
  }
}

/// mean and rstd of each row.
void td_layer_norm_statistics_f32(const td_layer_norm_statistics_f32_args* args, td_team team) {
  const td_range share = td_share(args->rows, team);
  for (int32_t row = share.begin; row < share.end; ++row) {
    const float* const x = args->x + row * args->x_row;
    args->mean[row] = td_mean_row(x, args->columns);
    args->rstd[row] = td_row_rstd(x, args->columns, args->mean[row], args->epsilon);
  }
}

/// dx = rstd * (g - mean of g - n * mean of g * n) for each row, with g = dy * weight and
/// n = (x - mean) * rstd. dx may be dy.
void td_layer_norm_grad_f32(const td_layer_norm_grad_f32_args* args, td_team team) {
  const td_range share = td_share(args->rows, team);
  const int32_t columns = args->columns;
  const float* const weight = args->weight;
  for (int32_t row = share.begin; row < share.end; ++row) {
    float* const dx = args->dx + row * args->dx_row;
    const float* const dy = args->dy + row * args->dy_row;
    const float* const x = args->x + row * args->x_row;
    const float mean = args->mean[row];
    const float rstd = args->rstd[row];
    TD_INDEPENDENT(i, 0, columns, dx, dy[i] * weight[i]);
    const float mean_g = td_fold_row(dx, dx, columns, 0.0f, td_fold_add) / (float)columns;
    const float covariance = td_fold_row(dx, x, columns, mean, td_fold_covariance) / (float)columns;
    const float slope = covariance * rstd * rstd;  // mean of g * n, times rstd
    TD_INDEPENDENT(i, 0, columns, dx, rstd * td_fmaf(mean - x[i], slope, dx[i] - mean_g));
  }
}

/// dweight = sum over the rows of dy * n, one chain of fused multiply-adds, rows ascending. The
/// work items are columns.
void td_layer_norm_weight_grad_f32(const td_layer_norm_weight_grad_f32_args* args, td_team team) {
  const td_layer_norm_weight_grad_f32_args p = *args;
  const td_range share = td_share(p.columns, team);
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
}
