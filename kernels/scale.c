#include "td_elementwise.h"

static inline float td_scale_of(float a, float factor) {
  return a * factor;
}

/// y = a * factor.
void td_scale_f32(const td_scale_f32_args* args, td_team team) {
  static const int32_t kBroadcast[TD_RANK] = {0};
  const float factor = args->factor;  // read once: the struct may lie where each load takes long
  td_map_binary(args->y, args->a, &factor, args->rank, args->extent, args->y_stride, args->a_stride,
                kBroadcast, team, td_scale_of);
}
