#include "td_elementwise.h"

/// y = e^a.
static inline void td_exp_of_row(float* y, int32_t y_step, const float* a, int32_t a_step,
                                 int32_t count) {
  td_exp_row(y, y_step, a, a_step, count, 0.0f);
}

void td_exp_f32(const td_exp_f32_args* args, td_team team) {
  TD_MAP_UNARY_ROWS(args, team, td_exp_of_row);
}
