/// Walking over strided arrays of up to TD_RANK axes in row-major order. A rank is at least 1.
#ifndef TD_POSITION_H
#define TD_POSITION_H

#include "td_kernels.h"

/// A position in an array of up to TD_RANK axes.
typedef struct {
  int32_t index[TD_RANK];
} td_position;

static inline int32_t td_element_count(int32_t rank, const int32_t* extent) {
  int32_t count = 1;
  for (int32_t axis = 0; axis < rank; ++axis) count *= extent[axis];
  return count;
}

/// The position of element `number` in row-major order.
static inline td_position td_position_of(int32_t number, int32_t rank, const int32_t* extent) {
  td_position position = {{0}};
  for (int32_t axis = rank - 1; axis > 0; --axis) {
    position.index[axis] = number % extent[axis];
    number /= extent[axis];
  }
  position.index[0] = number;
  return position;
}

/// To the first element of the next row.
static inline void td_next_row(td_position* position, int32_t rank, const int32_t* extent) {
  position->index[rank - 1] = 0;
  for (int32_t axis = rank - 2; axis >= 0; --axis) {
    if (++position->index[axis] < extent[axis]) return;
    position->index[axis] = 0;
  }
}

/// To the next element; after the last one of all to the first.
static inline void td_next_element(td_position* position, int32_t rank, const int32_t* extent) {
  if (++position->index[rank - 1] < extent[rank - 1]) return;
  td_next_row(position, rank, extent);
}

static inline int32_t td_offset_of(const td_position* position, int32_t rank,
                                   const int32_t* stride) {
  int32_t offset = 0;
  for (int32_t axis = 0; axis < rank; ++axis) offset += position->index[axis] * stride[axis];
  return offset;
}

#endif
