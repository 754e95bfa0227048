#include "td_kernels.h"

/// 1 if fewer than `k` classes come before the label, else 0; a class comes before it with a larger
/// logit, or an equal one and a smaller index. 0 if the row holds a NaN or the label is not a
/// class.
static int32_t td_is_hit(const float* logits, int32_t label, int32_t classes, int32_t k) {
  if (label < 0 || label >= classes) return 0;
  const float own = logits[label];
  int32_t before = 0;
  int32_t ordered = 0;  // a NaN is neither before nor behind
  for (int32_t i = 0; i < classes; ++i) {
    before += logits[i] > own || (logits[i] == own && i < label);
    ordered += logits[i] > own || logits[i] <= own;
  }
  return before < k && ordered == classes;
}

/// The share of the positions of each sample that are hits.
void td_accuracy_f32(const td_accuracy_f32_args* args, td_team team) {
  const td_range share = td_share(args->samples, team);
  for (int32_t sample = share.begin; sample < share.end; ++sample) {
    int32_t hits = 0;
    for (int32_t position = 0; position < args->positions; ++position) {
      const int32_t row = sample * args->positions + position;
      hits += td_is_hit(args->logits + row * args->logits_row, args->label[row], args->classes,
                        args->k);
    }
    args->y[sample] = (float)hits / (float)args->positions;
  }
}
