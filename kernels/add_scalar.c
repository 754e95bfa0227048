#include "td_elementwise.h"

static inline float td_add_scalar_of(float a, float offset) {
  return a + offset;
}

/// y = a + offset.
void td_add_scalar_f32(const td_add_scalar_f32_args* args, td_team team) {
  static const int32_t kBroadcast[TD_RANK] = {0};
  const float offset = args->offset;  // read once: the struct may lie where each load takes long
  td_map_binary(args->y, args->a, &offset, args->rank, args->extent, args->y_stride, args->a_stride,
                kBroadcast, team, td_add_scalar_of);
}
