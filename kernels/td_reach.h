/// Which positions of a result meet which ones of an image, along rows or columns: convolutions and
/// their gradients.
#ifndef TD_REACH_H
#define TD_REACH_H

#include "td_kernel.h"

static int32_t td_blocks_of(int32_t count, int32_t block) {
  return (count + block - 1) / block;
}

/// How rows of a result meet rows of an image: row r and tap t look at row
/// `r * step + t * tap_step - pad`, which is in the chain of r if it is one of `extent` rows.
typedef struct {
  int32_t rows, step;
  int32_t taps, tap_step;
  int32_t pad;  // may be negative
  int32_t extent;
} td_reach;

/// Rows `begin .. end` of a result, and the taps that are in the chains of each of them.
typedef struct {
  int32_t begin, end;
  int32_t tap, tap_end;
} td_band;

/// The rows all of whose taps meet the image. They are one band, and each row before and after them
/// is one of its own.
static td_band td_full_band(const td_reach* reach) {
  const int32_t last = reach->extent - 1 + reach->pad - (reach->taps - 1) * reach->tap_step;
  td_band band = {.tap_end = reach->taps};
  if (reach->pad > 0) band.begin = td_min_int(td_blocks_of(reach->pad, reach->step), reach->rows);
  if (last >= 0) band.end = td_min_int(last / reach->step + 1, reach->rows);
  band.end = td_max_int(band.begin, band.end);
  return band;
}

/// The band that begins with `row`, or holds it.
static td_band td_band_of(const td_reach* reach, int32_t row) {
  td_band band = td_full_band(reach);
  if (row >= band.begin && row < band.end) return band;
  const int32_t first = row * reach->step - reach->pad;  // what tap 0 looks at
  band.begin = row;
  band.end = row + 1;
  band.tap_end = 0;
  if (first < reach->extent)
    band.tap_end = td_min_int(td_blocks_of(reach->extent - first, reach->tap_step), reach->taps);
  if (first < 0) band.tap = td_min_int(td_blocks_of(-first, reach->tap_step), band.tap_end);
  return band;
}

/// Along one axis: the positions `first + i * stride` of x for i of 0 .. count, and the kernel
/// positions `tap + t * tap_step` for t of 0 .. taps that meet them. Of y, position
/// `i + origin - t * origin_step` is met.
typedef struct {
  int32_t first, count;
  int32_t tap, tap_step, taps;
  int32_t origin, origin_step;
} td_phase;

static td_phase td_phase_of(int32_t residue, int32_t extent, int32_t stride, int32_t pad,
                            int32_t dilation, int32_t kernel) {
  td_phase phase = {.tap_step = stride};
  phase.first = (residue - pad % stride) % stride;
  if (phase.first < 0) phase.first += stride;
  phase.count = phase.first < extent ? (extent - 1 - phase.first) / stride + 1 : 0;
  // The kernel positions with tap * dilation = residue modulo stride; they repeat every tap_step.
  phase.tap = kernel;
  for (int32_t tap = td_min_int(stride, kernel) - 1; tap >= 0; --tap)
    if (tap * dilation % stride == residue) phase.tap = tap;
  for (int32_t step = stride - 1; step > 0; --step)
    if (step * dilation % stride == 0) phase.tap_step = step;
  phase.taps = phase.tap < kernel ? (kernel - 1 - phase.tap) / phase.tap_step + 1 : 0;
  // Exact: both sides are `residue` modulo stride.
  phase.origin = (phase.first + pad - phase.tap * dilation) / stride;
  phase.origin_step = phase.tap_step * dilation / stride;
  return phase;
}

#endif
