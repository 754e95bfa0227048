/* The calibration kernels: C = A B for 64 x 64 matrices of fp32 in L1, rows split over the cores,
 * with different register blocks. One run measures one kernel; KERNEL is its number in `kernels`.
 * The result is checked against a second computation on core 0 and the cycles are written as text.
 */
#include "td_platform.h"

#ifndef KERNEL
#error "define KERNEL: 0 naive, 1 1x6, 2 4x2, 3 2x4, 4 4x4"
#endif
#ifndef STAGGER_CYCLES
#define STAGGER_CYCLES 3
#endif

enum { kSize = 64 };

typedef struct {
  const float* a;
  const float* b;
  float* c;
} product_args;

static float matrix_a[kSize * kSize] TD_MEMORY(L1);
static float matrix_b[kSize * kSize] TD_MEMORY(L1);
static float matrix_c[kSize * kSize] TD_MEMORY(L1);

/* One block of ROWS x COLUMNS accumulators; all loops over the block unroll. */
#define DEFINE_PRODUCT(name, ROWS, COLUMNS)                                                   \
  static inline void name##_block(const float* restrict a, const float* restrict b,           \
                                  float* restrict c) {                                        \
    float sum[ROWS][COLUMNS];                                                                 \
    _Pragma("GCC unroll 8") for (int i = 0; i < ROWS; ++i) {                                  \
      _Pragma("GCC unroll 8") for (int j = 0; j < COLUMNS; ++j) sum[i][j] = 0.0f;             \
    }                                                                                         \
    for (int k = 0; k < kSize; ++k) {                                                         \
      _Pragma("GCC unroll 8") for (int i = 0; i < ROWS; ++i) {                                \
        _Pragma("GCC unroll 8") for (int j = 0; j < COLUMNS; ++j) {                           \
          sum[i][j] = __builtin_fmaf(a[i * kSize + k], b[k * kSize + j], sum[i][j]);          \
        }                                                                                     \
      }                                                                                       \
    }                                                                                         \
    _Pragma("GCC unroll 8") for (int i = 0; i < ROWS; ++i) {                                  \
      _Pragma("GCC unroll 8") for (int j = 0; j < COLUMNS; ++j) c[i * kSize + j] = sum[i][j]; \
    }                                                                                         \
  }                                                                                           \
  static void name(const product_args* args, int first_row, int end_row) {                    \
    for (int i = first_row; i < end_row; i += ROWS) {                                         \
      int j = 0;                                                                              \
      for (; j + COLUMNS <= kSize; j += COLUMNS) {                                            \
        name##_block(&args->a[i * kSize], &args->b[j], &args->c[i * kSize + j]);              \
      }                                                                                       \
      for (; j < kSize; ++j) {                                                                \
        for (int r = i; r < i + ROWS; ++r) {                                                  \
          float sum = 0.0f;                                                                   \
          for (int k = 0; k < kSize; ++k) {                                                   \
            sum = __builtin_fmaf(args->a[r * kSize + k], args->b[k * kSize + j], sum);        \
          }                                                                                   \
          args->c[r * kSize + j] = sum;                                                       \
        }                                                                                     \
      }                                                                                       \
    }                                                                                         \
  }

DEFINE_PRODUCT(product_naive, 1, 1)
DEFINE_PRODUCT(product_1x6, 1, 6)
DEFINE_PRODUCT(product_4x2, 4, 2)
DEFINE_PRODUCT(product_2x4, 2, 4)
DEFINE_PRODUCT(product_4x4, 4, 4)

static void run_product(const void* args, td_team team) {
  /* Cores that leave a barrier in the same cycle fight for the same bank and FPU all along: a phase
   * that no longer program stays in. So they start apart, by a jump into a row of nops, unless the
   * lockstep is what is to be measured. */
  td_team_barrier(team);
  __asm__ volatile(
      ".option push\n\t.option norelax\n\tla t0, 1f\n\tsub t0, t0, %0\n\tjr t0\n\t"
      ".rept 128\n\tc.nop\n\t.endr\n1:\n\t.option pop" ::"r"(2 * STAGGER_CYCLES * team.core)
      : "t0");
  static void (*const kernels[])(const product_args*, int, int) = {
      product_naive, product_1x6, product_4x2, product_2x4, product_4x4};
  const int rows = kSize / (int)team.cores;
  kernels[KERNEL](args, rows * (int)team.core, rows * ((int)team.core + 1));
}

static void write_number(uint32_t number) {
  char text[11];
  int at = 10;
  text[at] = '\n';
  do {
    text[--at] = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  td_write(&text[at], (size_t)(11 - at));
}

int main(void) {
  for (int i = 0; i < kSize * kSize; ++i) {
    matrix_a[i] = (float)(i % 37 - 18) * 0.0625f;
    matrix_b[i] = (float)(i % 41 - 20) * 0.03125f;
  }
  const product_args args = {matrix_a, matrix_b, matrix_c};
  /* The first run fills the instruction caches; the second is the one that counts. */
  td_team_run(run_product, &args);
  const uint64_t start = td_cycles();
  td_team_run(run_product, &args);
  const uint64_t end = td_cycles();
  for (int i = 0; i < kSize; i += 9) {
    for (int j = 0; j < kSize; j += 7) {
      float sum = 0.0f;
      for (int k = 0; k < kSize; ++k) {
        sum = __builtin_fmaf(matrix_a[i * kSize + k], matrix_b[k * kSize + j], sum);
      }
      if (sum != matrix_c[i * kSize + j]) return 1;
    }
  }
  write_number((uint32_t)(end - start));
  return 0;
}
