#include "td_elementwise.h"

static inline float td_fill_of(float value) {
  return value;
}

/// y = value.
void td_fill_f32(const td_fill_f32_args* args, td_team team) {
  static const int32_t kBroadcast[TD_RANK] = {0};
  const float value = args->value;  // read once: the struct may lie where each load takes long
  td_map_unary(args->y, &value, args->rank, args->extent, args->y_stride, kBroadcast, team,
               td_fill_of);
}
