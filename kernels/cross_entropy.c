#include "td_reduce.h"

static inline float td_fold_exp(float sum, float a, float b, float constant) {
  (void)b;
  return sum + td_expf(a - constant);
}

/// loss = ln(sum of e^(logits - max)) - (logits[label] - max) for each row; NaN if the label is not
/// a class.
void td_cross_entropy_f32(const td_cross_entropy_f32_args* args, td_team team) {
  const td_range share = td_share(args->rows, team);
  for (int32_t row = share.begin; row < share.end; ++row) {
    const float* const logits = args->logits + row * args->logits_row;
    const int32_t label = args->label[row];
    if (label < 0 || label >= args->classes) {
      args->loss[row] = TD_NAN;
      continue;
    }
    const float largest = td_max_row(logits, args->classes);
    const float sum = td_fold_row(logits, logits, args->classes, largest, td_fold_exp);
    args->loss[row] = td_logf(sum) - (logits[label] - largest);
  }
}

/// dlogits = dloss * (softmax(logits) - [class is label]) for each row; dlogits may be logits. NaN
/// if the label is not a class.
void td_cross_entropy_grad_f32(const td_cross_entropy_grad_f32_args* args, td_team team) {
  const td_range share = td_share(args->rows, team);
  for (int32_t row = share.begin; row < share.end; ++row) {
    float* const dlogits = args->dlogits + row * args->dlogits_row;
    const float* const logits = args->logits + row * args->logits_row;
    const int32_t label = args->label[row];
    if (label < 0 || label >= args->classes) {
      for (int32_t i = 0; i < args->classes; ++i) dlogits[i] = TD_NAN;
      continue;
    }
    const float largest = td_max_row(logits, args->classes);
    TD_INDEPENDENT for (int32_t i = 0; i < args->classes; ++i) {
      dlogits[i] = td_expf(logits[i] - largest);
    }
    const float sum = td_fold_row(dlogits, dlogits, args->classes, 0.0f, td_fold_add);
    const float scale = args->dloss[row] / sum;
    TD_INDEPENDENT for (int32_t i = 0; i < args->classes; ++i) dlogits[i] *= scale;
    dlogits[label] -= args->dloss[row];
  }
}
