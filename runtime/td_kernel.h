/// What every kernel may use: the mathematics, the team that runs it, and its share of the work.
/// The contract of kernels is kernels/README.md; their argument structs are in `td_kernels.h`,
/// which `tdc` prints from the op records and which includes this file.
#ifndef TD_KERNEL_H
#define TD_KERNEL_H

#include <stdint.h>

#include "td_math.h"
#include "td_platform.h"

/// The length of the arrays of extents and strides in argument structs.
#define TD_RANK 6

/// For functions that take a function or a constant and must be specialised to it.
#define TD_INLINE static inline __attribute__((always_inline))

/// `to[i] = value` for i = begin .. end - 1, where `value` may name `i`. Turns are independent: one
/// may write what it has read itself (an operand in place), but no other turn touches that.
/// Compilers cannot see so from pointers. Without vector registers four turns read before the first
/// of them writes, so that one need not wait for the results of another. TD_INDEPENDENT_APART is
/// the same for elements of `to` that lie `step` apart.
///
/// TD_VECTORIZED stands before such a loop that is not worth four times its code there, TD_ROLLED
/// before one that is to stay as it is.
///
/// TD_LANES stands before a loop of constant length over accumulators that live in registers: eight
/// or sixteen lanes of vector registers, or as many scalars. gcc must keep such a loop until it has
/// made vectors of it, and must unroll it where there are none.
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed"  // having no vector registers is no mistake
#define TD_VECTORIZED _Pragma("clang loop vectorize(assume_safety)")
#define TD_ROLLED _Pragma("clang loop unroll(disable)")
#define TD_LANES
#else
#define TD_VECTORIZED _Pragma("GCC ivdep")
#define TD_ROLLED _Pragma("GCC unroll 1")
#if defined(__riscv)
#define TD_LANES _Pragma("GCC unroll 8")
#else
#define TD_LANES _Pragma("GCC unroll 1")
#endif
#endif
#if defined(__riscv)
#define TD_INDEPENDENT_APART(i, begin, end, to, step, value)                                     \
  do {                                                                                           \
    const int32_t td_end = (end);                                                                \
    int32_t i = (begin);                                                                         \
    for (; i < td_end - 3; ++i) {                                                                \
      const float td_0 = (value), td_1 = (++i, value), td_2 = (++i, value), td_3 = (++i, value); \
      (to)[(i - 3) * (step)] = td_0;                                                             \
      (to)[(i - 2) * (step)] = td_1;                                                             \
      (to)[(i - 1) * (step)] = td_2;                                                             \
      (to)[i * (step)] = td_3;                                                                   \
    }                                                                                            \
    TD_ROLLED for (; i < td_end; ++i)(to)[i * (step)] = (value);                                 \
  } while (0)
#else
#define TD_INDEPENDENT_APART(i, begin, end, to, step, value) \
  TD_VECTORIZED for (int32_t i = (begin); i < (end); ++i)(to)[i * (step)] = (value)
#endif
#define TD_INDEPENDENT(i, begin, end, to, value) TD_INDEPENDENT_APART(i, begin, end, to, 1, value)

/// A range of work items, `end` not included.
typedef struct {
  int32_t begin;
  int32_t end;
} td_range;

/// The share of `team.core` of `count` (>= 0) items: contiguous, disjoint, together all of them,
/// and of lengths that differ by at most one. Empty if there are fewer items than cores.
static inline td_range td_share(int32_t count, td_team team) {
  const int32_t core = (int32_t)team.core;
  const int32_t cores = (int32_t)team.cores;
  const int32_t whole = count / cores;
  const int32_t rest = count - whole * cores;  // the first `rest` cores take one more
  const int32_t begin = core * whole + (core < rest ? core : rest);
  const td_range share = {begin, begin + whole + (core < rest ? 1 : 0)};
  return share;
}

static inline int32_t td_min_int(int32_t a, int32_t b) {
  return a < b ? a : b;
}
static inline int32_t td_max_int(int32_t a, int32_t b) {
  return a > b ? a : b;
}

#endif
