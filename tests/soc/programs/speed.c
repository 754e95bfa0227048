/* Work for the benchmark of the simulator: the first ACTIVE cores run one kind of loop, the others
 * sleep at the barrier that ends the job. */
#include "td_platform.h"

enum { kInteger, kFloat, kMemory, kProduct };

enum { kSize = 32 };

static float matrix_a[kSize * kSize] TD_MEMORY(L1);
static float matrix_b[kSize * kSize] TD_MEMORY(L1);
static float matrix_c[kSize * kSize] TD_MEMORY(L1);

#ifdef ENGINE_ROUNDS
static float engine_a[kSize * kSize] TD_MEMORY(L1);
static float engine_b[kSize * kSize] TD_MEMORY(L1);
static float engine_c[kSize * kSize] TD_MEMORY(L1);
static td_engine_job engine_job TD_MEMORY(L1);

/* One job that goes through the operands again and again, beside the cores. */
static void start_engine(void) {
  engine_job = (td_engine_job){.y = engine_c,
                               .a = engine_a,
                               .b = engine_b,
                               .rows = kSize,
                               .columns = {kSize, 1},
                               .depth = {kSize, ENGINE_ROUNDS, 1},
                               .y_row = kSize,
                               .y_column = {1, 0},
                               .a_row = kSize,
                               .a_depth = {1, 0, 0},
                               .b_column = {1, 0},
                               .b_depth = {kSize, 0, 0},
                               .row_groups = 3,
                               .column_groups = 2};
  (void)td_engine_start(&engine_job);
}
#endif

#define FOUR(text) text text text text

static void integer_loop(void) {
  for (uint32_t i = 0; i < ITERATIONS; ++i) {
    __asm__ volatile(
        FOUR("add t0, t1, t2\n\txor t1, t0, a5\n\tslli t2, t0, 3\n\tmul a5, t1, t2\n\t")::
            : "t0", "t1", "t2", "a5");
  }
}

static void float_loop(void) {
  for (uint32_t i = 0; i < ITERATIONS; ++i) {
    __asm__ volatile(FOUR("fmadd.s ft0, fa0, fa1, ft0\n\tfmadd.s ft1, fa0, fa1, ft1\n\t"
                          "fmadd.s ft2, fa0, fa1, ft2\n\tfmadd.s ft3, fa0, fa1, ft3\n\t")::
                         : "ft0", "ft1", "ft2", "ft3");
  }
}

static void memory_loop(uint32_t core) {
  const uintptr_t place = (uintptr_t)&matrix_a[64 * core];
  for (uint32_t i = 0; i < ITERATIONS; ++i) {
    __asm__ volatile(
        FOUR("lw t0, 0(%0)\n\tsw t1, 16(%0)\n\tlw t2, 32(%0)\n\tsw t1, 48(%0)\n\t")::"r"(place)
        : "memory", "t0", "t2");
  }
}

/* What kernels do: loads, multiplications, a loop. */
static void product_loop(uint32_t core, uint32_t cores) {
  for (uint32_t round = 0; round < ITERATIONS; ++round) {
    __asm__ volatile("" ::"r"(matrix_c) : "memory"); /* somebody reads it */
    for (uint32_t i = core; i < kSize; i += cores) {
      for (uint32_t j = 0; j < kSize; j += 4) {
        float sum[4] = {0.0f, 0.0f, 0.0f, 0.0f};
        for (uint32_t k = 0; k < kSize; ++k) {
          for (uint32_t c = 0; c < 4; ++c) {
            sum[c] = __builtin_fmaf(matrix_a[i * kSize + k], matrix_b[k * kSize + j + c], sum[c]);
          }
        }
        for (uint32_t c = 0; c < 4; ++c) matrix_c[i * kSize + j + c] = sum[c];
      }
    }
  }
}

static void job(const void* args, td_team team) {
  (void)args;
  if (team.core >= ACTIVE) return;
  if (KIND == kInteger) integer_loop();
  if (KIND == kFloat) float_loop();
  if (KIND == kMemory) memory_loop(team.core);
  if (KIND == kProduct) product_loop(team.core, ACTIVE);
}

int main(void) {
  for (uint32_t i = 0; i < kSize * kSize; ++i) {
    matrix_a[i] = 0.5f;
    matrix_b[i] = 0.25f;
  }
#ifdef ENGINE_ROUNDS
  start_engine();
#endif
  td_team_run(job, NULL);
  return 0;
}
