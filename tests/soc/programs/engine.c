/* Jobs of the matrix engine beside the cores, which compute the same outputs one by one: the bits
 * must be the same. There are more jobs than the queue holds, and some need what others wrote. */
#include "td_platform.h"

enum { kRows = 20, kColumns = 36, kDepth = 50, kFirstDepth = 20 };
enum {
  kSize = 10,
  kKernel = 3,
  kChannels = 6,
  kOutputs = 7,
  kWeights = kChannels * kKernel * kKernel
};
enum { kJobs = 6, kWrong = 9 };

static float a[kRows * kDepth] TD_MEMORY(L1);
static float b[kDepth * kColumns] TD_MEMORY(L1);
static float y[kRows * kColumns] TD_MEMORY(L1);
static float transposed[kColumns * kRows] TD_MEMORY(L1);
static float one[1] TD_MEMORY(L1);
static float image[kChannels * kSize * kSize] TD_MEMORY(L1);
static float weights[kOutputs * kWeights] TD_MEMORY(L1);
static float filtered[kOutputs * kSize * kSize] TD_MEMORY(L1);
static float expected_y[kRows * kColumns] TD_MEMORY(L1);
static float expected_filtered[kOutputs * kSize * kSize] TD_MEMORY(L1);
static td_engine_job jobs[kJobs] TD_MEMORY(L1);
static td_engine_ticket last;

static void fill(float* values, uint32_t count, uint32_t seed) {
  for (uint32_t i = 0; i < count; ++i) {
    seed = seed * 1664525U + 1013904223U;
    values[i] = (float)(int32_t)seed * 0x1p-31F;
  }
}

/* y = a b in two parts of the depth, and the transpose of y. */
static void make_products(void) {
  jobs[0] = (td_engine_job){.y = y,
                            .a = a,
                            .b = b,
                            .rows = kRows,
                            .columns = {kColumns, 1},
                            .depth = {kFirstDepth, 1, 1},
                            .y_row = kColumns,
                            .y_column = {1, 0},
                            .a_row = kDepth,
                            .a_depth = {1, 0, 0},
                            .b_column = {1, 0},
                            .b_depth = {kColumns, 0, 0},
                            .row_groups = 2,
                            .column_groups = 3};
  jobs[1] = jobs[0];
  jobs[1].a += kFirstDepth;
  jobs[1].b += kFirstDepth * kColumns;
  jobs[1].depth[0] = kDepth - kFirstDepth;
  jobs[1].accumulate = 1;
  jobs[2] = (td_engine_job){.y = transposed,
                            .a = one,
                            .b = y,
                            .rows = 1,
                            .columns = {kColumns, kRows},
                            .depth = {1, 1, 1},
                            .y_column = {kRows, 1},
                            .b_column = {1, kColumns},
                            .row_groups = 1,
                            .column_groups = 4};
}

/* A job for the first row of the image, one for those in which the whole kernel is inside, one for
 * the last: in the rows the kernel is cut, in the columns the window gives zeros. */
static void make_convolution(void) {
  for (uint32_t i = 0; i < 3; ++i) {
    const uint32_t first = i == 0 ? 0 : i == 1 ? 1 : kSize - 1;
    const uint32_t kernel_first = i == 0 ? 1 : 0;
    jobs[3 + i] =
        (td_engine_job){.y = filtered + first * kSize,
                        .a = weights + kernel_first * kKernel,
                        .b = image + (int32_t)((first + kernel_first) * kSize) - kSize - 1,
                        .rows = kOutputs,
                        .columns = {kSize, i == 1 ? kSize - 2 : 1},
                        .depth = {kKernel, i == 1 ? kKernel : kKernel - 1, kChannels},
                        .y_row = kSize * kSize,
                        .y_column = {1, kSize},
                        .a_row = kWeights,
                        .a_depth = {1, kKernel, kKernel * kKernel},
                        .b_column = {1, kSize},
                        .b_depth = {1, kSize, kSize * kSize},
                        .window_begin = -1,
                        .window_column = 1,
                        .window_depth = 1,
                        .window = kSize,
                        .row_groups = 2,
                        .column_groups = 4};
  }
}

static void product_on_core(uint32_t row) {
  for (uint32_t column = 0; column < kColumns; ++column) {
    float sum = 0.0F;
    for (uint32_t d = 0; d < kDepth; ++d) {
      sum = __builtin_fmaf(a[row * kDepth + d], b[d * kColumns + column], sum);
    }
    expected_y[row * kColumns + column] = sum;
  }
}

static void convolution_on_core(uint32_t output, uint32_t row) {
  for (uint32_t x = 0; x < kSize; ++x) {
    float sum = 0.0F;
    for (uint32_t i = 0; i < kWeights; ++i) {
      const uint32_t image_row = row + i / kKernel % kKernel - 1;
      const uint32_t image_x = x + i % kKernel - 1;
      if (image_row >= kSize) continue;
      const float pixel =
          image_x < kSize ? image[(i / (kKernel * kKernel) * kSize + image_row) * kSize + image_x]
                          : 0.0F;
      sum = __builtin_fmaf(weights[output * kWeights + i], pixel, sum);
    }
    expected_filtered[(output * kSize + row) * kSize + x] = sum;
  }
}

static int differ(const float* x, const float* z) {
  return *(const uint32_t*)(const void*)x != *(const uint32_t*)(const void*)z;
}

static void team_job(const void* args, td_team team) {
  (void)args;
  if (team.core == 0) {
    for (uint32_t i = 0; i < kJobs; ++i) last = td_engine_start(&jobs[i]);
  }
  for (uint32_t row = team.core; row < kRows; row += team.cores) product_on_core(row);
  for (uint32_t i = team.core; i < kOutputs * kSize; i += team.cores) {
    convolution_on_core(i / kSize, i % kSize);
  }
  td_team_barrier(team);
  td_engine_wait(last);
  for (uint32_t i = team.core; i < kRows * kColumns; i += team.cores) {
    if (differ(&y[i], &expected_y[i])) td_exit(kWrong);
    if (differ(&transposed[i % kColumns * kRows + i / kColumns], &y[i])) td_exit(kWrong + 1);
  }
  for (uint32_t i = team.core; i < kOutputs * kSize * kSize; i += team.cores) {
    if (differ(&filtered[i], &expected_filtered[i])) td_exit(kWrong + 2);
  }
}

int main(void) {
  fill(a, kRows * kDepth, 1);
  fill(b, kDepth * kColumns, 2);
  fill(image, kChannels * kSize * kSize, 3);
  fill(weights, kOutputs * kWeights, 4);
  one[0] = 1.0F;
  make_products();
  make_convolution();
  TD_MARK(5);
  td_team_run(team_job, NULL);
  TD_MARK(6);
  td_write(y, sizeof(y));
  return 0;
}
