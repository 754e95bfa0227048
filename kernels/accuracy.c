#include "td_kernels.h"

/// 1 if fewer than `k` classes come before the label, else 0; a class comes before it with a larger
/// logit, or an equal one and a smaller index. 0 if the row holds a NaN or the label is not a
/// class.
void td_accuracy_f32(const td_accuracy_f32_args* args, td_team team) {
  const td_range share = td_share(args->rows, team);
  for (int32_t row = share.begin; row < share.end; ++row) {
    const float* const logits = args->logits + row * args->logits_row;
    const int32_t label = args->label[row];
    args->y[row] = 0.0f;
    if (label < 0 || label >= args->classes) continue;
    const float own = logits[label];
    int32_t before = 0;
    int32_t ordered = 0;  // a NaN is neither before nor behind
    for (int32_t i = 0; i < args->classes; ++i) {
      before += logits[i] > own || (logits[i] == own && i < label);
      ordered += logits[i] > own || logits[i] <= own;
    }
    if (before < args->k && ordered == args->classes) args->y[row] = 1.0f;
  }
}
