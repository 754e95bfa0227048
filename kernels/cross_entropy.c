#include "td_reduce.h"

/// ln(sum of e^(logits - max)) - (logits[label] - max) of one row; NaN if the label is not a class.
static float td_loss_of_row(const float* logits, int32_t label, int32_t classes) {
  if (label < 0 || label >= classes) return TD_NAN;
  const float largest = td_max_row(logits, classes);
  const float sum = td_sum_exp(logits, 1, classes, largest);
  return td_logf(sum) - (logits[label] - largest);
}

/// loss = mean over the positions of a sample of the losses of their rows, in eight partial sums.
void td_cross_entropy_f32(const td_cross_entropy_f32_args* args, td_team team) {
  const td_range share = td_share(args->samples, team);
  for (int32_t sample = share.begin; sample < share.end; ++sample) {
    td_partials sum = {0.0f};
    for (int32_t position = 0; position < args->positions; ++position) {
      const int32_t row = sample * args->positions + position;
      sum[position % TD_PARTIALS] +=
          td_loss_of_row(args->logits + row * args->logits_row, args->label[row], args->classes);
    }
    args->loss[sample] = td_sum_partials(sum) / (float)args->positions;
  }
}

/// dlogits = dloss / positions * (softmax(logits) - [class is label]) for each row; dlogits may be
/// logits. NaN if the label is not a class. The work items are rows.
void td_cross_entropy_grad_f32(const td_cross_entropy_grad_f32_args* args, td_team team) {
  const td_range share = td_share(args->samples * args->positions, team);
  for (int32_t row = share.begin; row < share.end; ++row) {
    const float dloss = args->dloss[row / args->positions] / (float)args->positions;
    float* const dlogits = args->dlogits + row * args->dlogits_row;
    const float* const logits = args->logits + row * args->logits_row;
    const int32_t label = args->label[row];
    if (label < 0 || label >= args->classes) {
      for (int32_t i = 0; i < args->classes; ++i) dlogits[i] = TD_NAN;
      continue;
    }
    const float largest = td_max_row(logits, args->classes);
    td_exp_row(dlogits, 1, logits, 1, args->classes, largest);
    const float sum = td_fold_row(dlogits, dlogits, args->classes, 0.0f, td_fold_add);
    const float scale = dloss / sum;
    TD_INDEPENDENT(i, 0, args->classes, dlogits, dlogits[i] * scale);
    dlogits[label] -= dloss;
  }
}

/// The loss of each row from the parts of its sum; NaN if the label is not a class.
void td_cross_entropy_of_parts_f32(const td_cross_entropy_of_parts_f32_args* args, td_team team) {
  const td_range share = td_share(args->rows, team);
  for (int32_t row = share.begin; row < share.end; ++row) {
    const int32_t label = args->label[row];
    const float* const logits = args->logits + row * args->logits_row;
    args->loss[row] = label < 0 || label >= args->classes
                          ? TD_NAN
                          : td_logf(td_sum_partials(args->parts + row * TD_PARTIALS)) -
                                (logits[label] - args->largest[row]);
  }
}

/// What td_cross_entropy_grad_f32 gives, from the parts of the rows' sums; dlogits may be logits.
/// The work items are elements.
void td_cross_entropy_grad_of_parts_f32(const td_cross_entropy_grad_of_parts_f32_args* args,
                                        td_team team) {
  td_range share = td_share(args->rows * args->classes, team);
  while (share.begin < share.end) {
    const int32_t row = share.begin / args->classes;
    const int32_t begin = share.begin % args->classes;
    const int32_t end = td_min_int(args->classes, begin + (share.end - share.begin));
    share.begin += end - begin;
    float* const dlogits = args->dlogits + row * args->dlogits_row;
    const float* const logits = args->logits + row * args->logits_row;
    const int32_t label = args->label[row];
    if (label < 0 || label >= args->classes) {
      for (int32_t i = begin; i < end; ++i) dlogits[i] = TD_NAN;
      continue;
    }
    const float dloss = args->dloss[row] / (float)args->positions;
    const float scale = dloss / td_sum_partials(args->parts + row * TD_PARTIALS);
    td_exp_row(dlogits + begin, 1, logits + begin, 1, end - begin, args->largest[row]);
    TD_INDEPENDENT(i, begin, end, dlogits, dlogits[i] * scale);
    if (label >= begin && label < end) dlogits[label] -= dloss;
  }
}
