/// Images of other extents: where index i of one of `from` lies over one of `to`. All extents are
/// at most 65,535, and i at most `from`, so that 32 bits hold every product.
#ifndef TD_RESAMPLE_H
#define TD_RESAMPLE_H

#include "td_plane.h"

/// floor(i * to / from).
static inline int32_t td_scaled_down(int32_t i, int32_t from, int32_t to) {
  const uint32_t rest = (uint32_t)i * (uint32_t)(to % from);
  return i * (to / from) + (int32_t)(rest / (uint32_t)from);
}

/// ceil(i * to / from).
static inline int32_t td_scaled_up(int32_t i, int32_t from, int32_t to) {
  const uint32_t rest = (uint32_t)i * (uint32_t)(to % from);
  return i * (to / from) + (int32_t)((rest + (uint32_t)(from - 1)) / (uint32_t)from);
}

/// The positions of `to` that lie over index i of `from`.
static inline td_range td_overlap(int32_t i, int32_t from, int32_t to) {
  const td_range range = {td_scaled_down(i, from, to), td_scaled_up(i + 1, from, to)};
  return range;
}

/// floor(i * to / from) for one i after another, without a division for each.
typedef struct {
  int32_t at, step;
  uint32_t rest, rest_step, from;
} td_scaled_walk;

static inline td_scaled_walk td_walk_from(int32_t i, int32_t from, int32_t to) {
  td_scaled_walk walk;
  walk.at = td_scaled_down(i, from, to);
  walk.step = to / from;
  walk.from = (uint32_t)from;
  walk.rest_step = (uint32_t)(to % from);
  walk.rest = (uint32_t)i * walk.rest_step % walk.from;
  return walk;
}

static inline void td_walk_on(td_scaled_walk* walk) {
  walk->at += walk->step;
  walk->rest += walk->rest_step;
  if (walk->rest >= walk->from) {
    walk->rest -= walk->from;
    ++walk->at;
  }
}

#endif
