/// Runs every kernel on fixed pseudo-random operands and writes a line with a digest of the
/// result's bits for each. Built for the host and for rv32 with each compiler; all must write the
/// same text.
#include "td_kernels.h"

// Shared by all calls; refilled before each.
enum { kFloats = 40000 };
static float operand_a[kFloats], operand_b[kFloats], result[kFloats];
static float steps[kFloats];  // of few values, so that many are equal, and with zeros of both signs
static float low[kFloats];    // from -110 to 0: of rows of these, exponentials of all sizes
enum { kAround = 160, kEdges = 8 * 4 * kAround };
static float edges[kEdges];  // beside the places where formulas for exponentials and gelu end
/* Rows whose quotients by the sum of exponentials are next to the middle of two floats. */
static const float middles[] = {0.0f, -0x1.feab2ap-4f, 0.0f, -0x1.feab3cp-4f,
                                0.0f, -0x1.0e753ep-3f};
static float small[4][512];
static int32_t labels[64];
static int32_t numbers[64];  // results of kernels that give class numbers
static const float rate = 0.01f, zero = 0.0f;

static uint64_t state;

static uint32_t random_bits(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 32);
}

static void fill(float* values, int32_t count) {
  for (int32_t i = 0; i < count; ++i) {
    const uint32_t bits = random_bits();
    values[i] = (float)(int32_t)(bits >> 8) * 0x1p-22f - 2.0f;
    // Now and then something unusual.
    if (bits % 997u == 0u) values[i] = td_float_of_bits(bits);
  }
}

static void fill_steps(void) {
  static const float kSteps[] = {-1.0f, -0.0f, 0.0f, 0.5f, 2.0f};
  for (int32_t i = 0; i < kFloats; ++i) {
    const uint32_t bits = random_bits();
    steps[i] =
        bits % 61u == 0u ? td_float_of_bits(bits << 20 | 0x7f800000u) : kSteps[(bits >> 8) % 5u];
  }
}

static void fill_edges(void) {
  // 0.921875 and 4 times the root of 2 (gelu's formulas); exponents -97, -96.5, 31.5, 128 and -150
  // times the logarithm of 2, and 104 (those of rows of exponentials).
  static const uint32_t kPlaces[] = {0x3fa6e091u, 0x40b504f4u, 0x42867876u, 0x4285c704u,
                                     0x41aeac50u, 0x42b17218u, 0x42cff1b4u, 0x42d00000u};
  for (int32_t i = 0; i < kEdges; ++i) {
    const int32_t place = i / (4 * kAround), beside = i % (4 * kAround);
    const uint32_t sign = beside < 2 * kAround ? 0u : 0x80000000u;
    edges[i] =
        td_float_of_bits((kPlaces[place] + (uint32_t)(beside % (2 * kAround)) - kAround) | sign);
  }
}

static void prepare(void) {
  state = 1;
  fill(operand_a, kFloats);
  fill(operand_b, kFloats);
  fill(result, kFloats);
  for (int32_t i = 0; i < 4; ++i) fill(small[i], 512);
  for (int32_t i = 0; i < 64; ++i) labels[i] = (int32_t)(random_bits() % 10u);
  for (int32_t i = 0; i < 64; ++i) numbers[i] = -1;
  fill_steps();
  for (int32_t i = 0; i < kFloats; ++i) low[i] = -110.0f * (float)(random_bits() >> 8) * 0x1p-24f;
  fill_edges();
}

static void report(const char* name) {
  uint64_t hash = 14695981039346656037u;
  for (int32_t i = 0; i < kFloats; ++i) {
    const float value = result[i] != result[i] ? TD_NAN : result[i];
    hash = (hash ^ td_bits_of_float(value)) * 1099511628211u;
  }
  for (int32_t i = 0; i < 64; ++i) hash = (hash ^ (uint32_t)numbers[i]) * 1099511628211u;
  char text[17];
  for (int32_t i = 0; i < 16; ++i) text[i] = "0123456789abcdef"[(hash >> (4 * i)) & 15u];
  text[16] = ' ';
  size_t length = 0;
  while (name[length]) ++length;
  td_write(text, sizeof text);
  td_write(name, length);
  td_write("\n", 1);
}

/// Runs a kernel with two teams; the second must not change a bit.
#define RUN(kernel, ...)                               \
  do {                                                 \
    for (uint32_t cores = 1; cores <= 3; cores += 2) { \
      prepare();                                       \
      const kernel##_args args = {__VA_ARGS__};        \
      for (uint32_t core = 0; core < cores; ++core) {  \
        const td_team team = {core, cores};            \
        kernel(&args, team);                           \
      }                                                \
      report(#kernel);                                 \
    }                                                  \
  } while (0)

/// On the matrix engine, too.
#define RUN_BOTH(kernel, ...)                 \
  do {                                        \
    RUN(kernel, __VA_ARGS__);                 \
    prepare();                                \
    const kernel##_args args = {__VA_ARGS__}; \
    td_engine_wait(kernel##_engine(&args));   \
    report(#kernel);                          \
  } while (0)

#define DENSE                                                                         \
  .y = result, .a = operand_a, .rank = 2, .extent = {3, 1001}, .y_stride = {1001, 1}, \
  .a_stride = {1001, 1}
#define STRIDED                                                                        \
  .y = result, .a = operand_a, .rank = 3, .extent = {3, 5, 7}, .y_stride = {35, 7, 1}, \
  .a_stride = {1, 3, 15}

#define RUN_UNARY(kernel) \
  RUN(kernel, DENSE);     \
  RUN(kernel, STRIDED)

#define RUN_BINARY(kernel)                                   \
  RUN(kernel, DENSE, .b = operand_b, .b_stride = {1001, 1}); \
  RUN(kernel, DENSE, .b = operand_b, .b_stride = {1, 0});    \
  RUN(kernel, STRIDED, .b = operand_b, .b_stride = {0, 1, 5})

/* Also with itself: NaNs, and pairs that are equal. */
#define RUN_COMPARISON(kernel) \
  RUN_BINARY(kernel);          \
  RUN(kernel, DENSE, .b = operand_a, .b_stride = {1001, 1})

#define RUN_TERNARY(kernel)                                                           \
  RUN(kernel, DENSE, .b = operand_b, .b_stride = {1001, 1}, .c = operand_a + 20000,   \
      .c_stride = {1001, 1});                                                         \
  RUN(kernel, STRIDED, .b = operand_b, .b_stride = {0, 1, 5}, .c = operand_a + 20000, \
      .c_stride = {35, 7, 1})

/* An op with attributes, and its gradient. */
#define RUN_WITH(kernel, ...)                                                        \
  RUN(kernel##_f32, DENSE, __VA_ARGS__);                                             \
  RUN(kernel##_f32, STRIDED, __VA_ARGS__);                                           \
  RUN(kernel##_grad_f32, DENSE, .b = operand_b, .b_stride = {1001, 1}, __VA_ARGS__); \
  RUN(kernel##_grad_f32, STRIDED, .b = operand_b, .b_stride = {0, 1, 5}, __VA_ARGS__)

static void run_matmul(int32_t m, int32_t n, int32_t k, int32_t reduce, int32_t layout) {
  RUN_BOTH(td_matmul_f32, .y = result, .a = operand_a, .b = operand_b, .outer = 1, .batch = 2,
           .m = m, .n = n, .k = k, .reduce = reduce, .y_batch = m * n, .a_batch = 2 * m * k,
           .b_batch = 2 * k * n, .a_reduce = m * k, .b_reduce = k * n, .y_row = n, .y_col = 1,
           .a_row = (layout & 1) ? 1 : k, .a_col = (layout & 1) ? m : 1,
           .b_row = (layout & 2) ? 1 : n, .b_col = (layout & 2) ? k : 1,
           .accumulate = (uint32_t)layout >> 2);
}

static void run_conv2d(int32_t stride, int32_t dilation, int32_t groups) {
  const int32_t channels = 12 / groups, outputs = 6 / groups, height = 11, width = 9;
  const int32_t out_height = (height + 1 - 2 * dilation) / stride + 1;
  const int32_t out_width = (width + 1 - 2 * dilation) / stride + 1;
#define GEOMETRY                                                                                   \
  .batch = 2, .groups = groups, .channels = channels, .height = height, .width = width,            \
  .outputs = outputs, .out_height = out_height, .out_width = out_width, .kernel_height = 3,        \
  .kernel_width = 3, .stride_height = stride, .stride_width = stride, .pad_top = 1, .pad_left = 1, \
  .dilation_height = dilation, .dilation_width = dilation
  RUN_BOTH(td_conv2d_f32, .y = result, .x = operand_a, .w = operand_b, GEOMETRY,
           .x_image = 12 * height * width, .x_channel = height * width, .x_row = width,
           .y_image = 6 * out_height * out_width, .y_channel = out_height * out_width,
           .y_row = out_width, .w_output = channels * 9);
  RUN_BOTH(td_conv2d_input_grad_f32, .dx = result, .dy = operand_a, .w = operand_b, GEOMETRY,
           .dx_image = 12 * height * width, .dx_channel = height * width, .dx_row = width,
           .dy_image = 6 * out_height * out_width, .dy_channel = out_height * out_width,
           .dy_row = out_width, .w_output = channels * 9, .w_channel = 9, .w_row = 3);
  RUN_BOTH(td_conv2d_weight_grad_f32, .dw = result, .x = operand_a, .dy = operand_b, GEOMETRY,
           .x_image = 12 * height * width, .x_channel = height * width, .x_row = width,
           .dy_image = 6 * out_height * out_width, .dy_channel = out_height * out_width,
           .dy_row = out_width, .dw_output = channels * 9, .dw_channel = 9, .dw_row = 3);
}

/* Kernels of 3 columns over rows of whole blocks, which a small core reads where they lie. */
static void run_blocks_conv2d(int32_t width, int32_t pad, int32_t stride, uint32_t accumulate) {
  const int32_t height = 6, out_height = (height - 1) / stride + 1, out_width = width + 2 * pad - 2;
#define BLOCKS                                                                                     \
  .batch = 2, .groups = 2, .channels = 4, .height = height, .width = width, .outputs = 8,          \
  .out_height = out_height, .out_width = out_width, .kernel_height = 3, .kernel_width = 3,         \
  .stride_height = stride, .stride_width = 1, .pad_top = 1, .pad_left = pad, .dilation_height = 1, \
  .dilation_width = 1, .accumulate = accumulate
  RUN_BOTH(td_conv2d_f32, .y = result, .x = operand_a, .w = operand_b, BLOCKS,
           .x_image = 8 * height * width, .x_channel = height * width, .x_row = width,
           .y_image = 16 * out_height * out_width, .y_channel = out_height * out_width,
           .y_row = out_width, .w_output = 36);
  RUN_BOTH(td_conv2d_input_grad_f32, .dx = result, .dy = operand_a, .w = operand_b, BLOCKS,
           .dx_image = 8 * height * width, .dx_channel = height * width, .dx_row = width,
           .dy_image = 16 * out_height * out_width, .dy_channel = out_height * out_width,
           .dy_row = out_width, .w_output = 36, .w_channel = 9, .w_row = 3);
  RUN_BOTH(td_conv2d_weight_grad_f32, .dw = result, .x = operand_a, .dy = operand_b, BLOCKS,
           .x_image = 8 * height * width, .x_channel = height * width, .x_row = width,
           .dy_image = 16 * out_height * out_width, .dy_channel = out_height * out_width,
           .dy_row = out_width, .dw_output = 36, .dw_channel = 9, .dw_row = 3);
}

/* Chains of one channel: patches that are narrower than a row, and a kernel too large for one. */
static void run_channels(int32_t kernel, int32_t stride, int32_t dilation, int32_t width) {
  const int32_t height = 9, pad = kernel / 2 * dilation;
  const int32_t out_height = (height - 1) / stride + 1, out_width = (width - 1) / stride + 1;
#define CHANNELS                                                                           \
  .batch = 2, .groups = 3, .channels = 1, .height = height, .width = width, .outputs = 1,  \
  .out_height = out_height, .out_width = out_width, .kernel_height = kernel,               \
  .kernel_width = kernel, .stride_height = stride, .stride_width = stride, .pad_top = pad, \
  .pad_left = pad, .dilation_height = dilation, .dilation_width = dilation
  RUN_BOTH(td_conv2d_f32, .y = result, .x = operand_a, .w = operand_b, CHANNELS,
           .x_image = 3 * height * width, .x_channel = height * width, .x_row = width,
           .y_image = 3 * out_height * out_width, .y_channel = out_height * out_width,
           .y_row = out_width, .w_output = kernel * kernel);
  RUN_BOTH(td_conv2d_input_grad_f32, .dx = result, .dy = operand_a, .w = operand_b, CHANNELS,
           .dx_image = 3 * height * width, .dx_channel = height * width, .dx_row = width,
           .dy_image = 3 * out_height * out_width, .dy_channel = out_height * out_width,
           .dy_row = out_width, .w_output = kernel * kernel, .w_channel = kernel * kernel,
           .w_row = kernel);
  RUN_BOTH(td_conv2d_weight_grad_f32, .dw = result, .x = operand_a, .dy = operand_b, CHANNELS,
           .x_image = 3 * height * width, .x_channel = height * width, .x_row = width,
           .dy_image = 3 * out_height * out_width, .dy_channel = out_height * out_width,
           .dy_row = out_width, .dw_output = kernel * kernel, .dw_channel = kernel * kernel,
           .dw_row = kernel);
}

/* Depthwise 3x3 kernels with strides of 2: y has all rows and columns that look at the image, and
 * `behind` that look behind it. */
static void run_spaced(int32_t height, int32_t width, int32_t pad_top, int32_t pad_left,
                       int32_t behind) {
  const int32_t out_height = (height + pad_top - 2) / 2 + 1 + behind;
  const int32_t out_width = (width + pad_left - 2) / 2 + 1 + behind;
#define SPACED                                                                             \
  .batch = 2, .groups = 3, .channels = 1, .height = height, .width = width, .outputs = 1,  \
  .out_height = out_height, .out_width = out_width, .kernel_height = 3, .kernel_width = 3, \
  .stride_height = 2, .stride_width = 2, .pad_top = pad_top, .pad_left = pad_left,         \
  .dilation_height = 1, .dilation_width = 1
  RUN(td_conv2d_f32, .y = result, .x = operand_a, .w = operand_b, SPACED,
      .x_image = 3 * height * width, .x_channel = height * width, .x_row = width,
      .y_image = 3 * out_height * out_width, .y_channel = out_height * out_width,
      .y_row = out_width, .w_output = 9);
  RUN(td_conv2d_input_grad_f32, .dx = result, .dy = operand_a, .w = operand_b, SPACED,
      .dx_image = 3 * height * width, .dx_channel = height * width, .dx_row = width,
      .dy_image = 3 * out_height * out_width, .dy_channel = out_height * out_width,
      .dy_row = out_width, .w_output = 9, .w_channel = 9, .w_row = 3);
  for (uint32_t accumulate = 0; accumulate < 2; ++accumulate)
    RUN(td_conv2d_weight_grad_f32, .dw = result, .x = operand_a, .dy = operand_b, SPACED,
        .x_image = 3 * height * width, .x_channel = height * width, .x_row = width,
        .dy_image = 3 * out_height * out_width, .dy_channel = out_height * out_width,
        .dy_row = out_width, .dw_output = 9, .dw_channel = 9, .dw_row = 3,
        .accumulate = accumulate);
}

/* A kernel row that is larger than a panel of a small core. */
static void run_wide_conv2d(void) {
  RUN_BOTH(td_conv2d_input_grad_f32, .dx = result, .dy = operand_a, .w = operand_b, .batch = 1,
           .groups = 1, .channels = 2, .height = 3, .width = 90, .outputs = 3, .out_height = 2,
           .out_width = 11, .kernel_height = 2, .kernel_width = 80, .stride_height = 1,
           .stride_width = 1, .dilation_height = 1, .dilation_width = 1, .dx_image = 540,
           .dx_channel = 270, .dx_row = 90, .dy_image = 66, .dy_channel = 22, .dy_row = 11,
           .w_output = 320, .w_channel = 160, .w_row = 80);
}

static void run_reductions(void) {
#define AXES                                                                                 \
  .y = result, .x = operand_a, .rank = 1, .extent = {21}, .y_stride = {1}, .x_stride = {13}, \
  .reduce_rank = 2, .reduce_extent = {9, 13}, .reduce_stride = {21 * 13, 1}
  RUN(td_sum_f32, AXES);
  RUN(td_mean_f32, AXES);
  RUN(td_max_f32, AXES);
  RUN(td_min_f32, AXES);
  RUN(td_sum_to_f32, AXES);
#define LANES                                                                                \
  .y = result, .a = operand_a, .rank = 1, .extent = {21}, .y_stride = {8}, .a_stride = {13}, \
  .reduce_rank = 2, .reduce_extent = {9, 13}, .reduce_a = {21 * 13, 1}
  for (uint32_t accumulate = 0; accumulate < 2; ++accumulate) {
    RUN(td_sum_lanes_f32, LANES, .accumulate = accumulate);
    RUN(td_squared_difference_lanes_f32, LANES, .b = operand_b, .b_stride = {1},
        .reduce_b = {13, 21}, .accumulate = accumulate);
  }
  RUN(td_exp_difference_lanes_f32, LANES, .b = operand_b, .b_stride = {1}, .reduce_b = {0, 0});
  RUN(td_join_lanes_f32, .y = result, .x = operand_a, .rows = 17, .y_row = 2, .x_row = 9,
      .divisor = 37);
#define NUMBERS .rank = 1, .extent = {21}, .y_stride = {3}
  RUN(td_argmax_f32, .y = numbers, NUMBERS, .x = operand_a, .x_stride = {13}, .reduce_rank = 1,
      .reduce_extent = {13}, .reduce_stride = {21});
  RUN(td_to_f32, .y = result, NUMBERS, .a = labels, .a_stride = {2});
  RUN(td_copy_i32, .y = numbers, NUMBERS, .a = labels, .a_stride = {2});
#define EXTREMUM_GRAD                                                                          \
  .dx = result, .x = operand_a, .dy = operand_b, .rank = 1, .extent = {21}, .dx_stride = {13}, \
  .x_stride = {13}, .dy_stride = {1}, .reduce_rank = 2, .reduce_extent = {9, 13},              \
  .reduce_dx = {21 * 13, 1}, .reduce_x = {21 * 13, 1}
  RUN(td_max_grad_f32, EXTREMUM_GRAD);
  RUN(td_min_grad_f32, EXTREMUM_GRAD);
}

static void run_rows(int32_t columns) {
#define ROWS .rows = 17, .columns = columns
#define SOFTMAX .outer = 17, .count = columns, .inner = 1
#define DENSE_ROWS(operand) .operand##_outer = columns, .operand##_step = 1
#define SOFTMAX_OF_AXIS .outer = 3, .count = columns, .inner = 5
#define OF_AXIS(operand) .operand##_outer = 5 * columns, .operand##_step = 5, .operand##_inner = 1
#define RUN_SOFTMAX(kernel)                                                                      \
  RUN(kernel##_f32, .y = result, .x = operand_a, SOFTMAX, DENSE_ROWS(y), DENSE_ROWS(x));         \
  RUN(kernel##_f32, .y = result, .x = operand_a, SOFTMAX_OF_AXIS, OF_AXIS(y), OF_AXIS(x));       \
  RUN(kernel##_grad_f32, .dx = result, .y = operand_a, .dy = operand_b, SOFTMAX, DENSE_ROWS(dx), \
      DENSE_ROWS(y), DENSE_ROWS(dy));                                                            \
  RUN(kernel##_grad_f32, .dx = result, .y = operand_a, .dy = operand_b, SOFTMAX_OF_AXIS,         \
      OF_AXIS(dx), OF_AXIS(y), OF_AXIS(dy))
  RUN_SOFTMAX(td_softmax);
  RUN_SOFTMAX(td_log_softmax);
  RUN(td_softmax_f32, .y = result, .x = low, SOFTMAX, DENSE_ROWS(y), DENSE_ROWS(x));
  RUN(td_softmax_f32, .y = result, .x = low, SOFTMAX_OF_AXIS, OF_AXIS(y), OF_AXIS(x));
  RUN(td_cross_entropy_f32, .loss = result, .logits = operand_a, .label = labels, .samples = 17,
      .positions = 1, .classes = columns, .logits_row = columns);
  RUN(td_cross_entropy_grad_f32, .dlogits = result, .logits = operand_a, .label = labels,
      .dloss = small[0], .samples = 17, .positions = 1, .classes = columns, .dlogits_row = columns,
      .logits_row = columns);
  RUN(td_cross_entropy_of_parts_f32, .loss = result, .logits = operand_a, .label = labels,
      .largest = small[0], .parts = small[1], .rows = 17, .classes = columns,
      .logits_row = columns);
  RUN(td_cross_entropy_grad_of_parts_f32, .dlogits = result, .logits = operand_a, .label = labels,
      .largest = small[0], .parts = small[1], .dloss = small[2], .rows = 17, .classes = columns,
      .positions = 3, .logits_row = columns, .dlogits_row = columns);
  RUN(td_mse_f32, .loss = result, .x = operand_a, .target = operand_b, ROWS, .x_row = columns,
      .target_row = columns);
  RUN(td_mse_grad_f32, .dx = result, .x = operand_a, .target = operand_b, .dloss = small[0],
      .columns = columns, .rank = 2, .extent = {17, columns}, .dx_stride = {columns, 1},
      .x_stride = {columns, 1}, .target_stride = {columns, 1}, .dloss_stride = {1, 0});
  RUN(td_accuracy_f32, .y = result, .logits = operand_a, .label = labels, .samples = 17,
      .positions = 1, .classes = columns, .k = 2, .logits_row = columns);
  RUN(td_layer_norm_statistics_f32, .mean = result, .rstd = small[3], .x = operand_a, ROWS,
      .x_row = columns, .epsilon = 1e-5f);
  RUN(td_layer_norm_f32, .y = result, .x = operand_a, .weight = small[0], .bias = small[1], ROWS,
      .y_row = columns, .x_row = columns, .epsilon = 1e-5f);
  RUN(td_layer_norm_grad_f32, .dx = result, .dy = operand_b, .x = operand_a, .mean = small[2],
      .rstd = small[3], .weight = small[0], ROWS, .dx_row = columns, .dy_row = columns,
      .x_row = columns);
  RUN(td_layer_norm_weight_grad_f32, .dweight = result, .dy = operand_b, .x = operand_a,
      .mean = small[2], .rstd = small[3], ROWS, .dy_row = columns, .x_row = columns);
  RUN(td_gather_f32, .y = result, .x = operand_a, .index = labels, .rows = 17, .each = 3,
      .classes = 9, .y_row = 3, .x_row = columns, .index_row = 2);
  RUN(td_gather_grad_f32, .dx = result, .dy = operand_a, .index = labels, .rows = 17, .each = 3,
      .classes = 9, .dx_row = columns, .dy_row = 3, .index_row = 2);
  RUN(td_embedding_f32, .y = result, .table = operand_a, .index = labels, ROWS, .vocabulary = 9,
      .y_row = columns, .table_row = columns);
  RUN(td_embedding_grad_f32, .dtable = result, .dy = operand_a, .index = labels, ROWS,
      .vocabulary = 9, .dtable_row = columns, .dy_row = columns, .accumulate = 1u);
}

static void run_channel_norm(int32_t positions) {
  const int32_t image = 7 * positions;
#define PLANES \
  .images = 3, .channels = 7, .positions = positions, .x_image = image, .x_channel = positions
#define STATISTICS .mean = small[0], .variance = small[3], .epsilon = 3.0f
  RUN(td_channel_sum_f32, .y = result, .x = operand_a, PLANES);
  RUN(td_channel_sum_f32, .y = result, .x = operand_a, .mean = small[0], PLANES, .accumulate = 1u);
  RUN(td_channel_squares_f32, .y = result, .x = operand_a, .mean = small[0], PLANES);
  RUN(td_channel_norm_f32, .y = result, .x = operand_a, STATISTICS, .weight = small[1],
      .bias = small[2], PLANES, .y_image = image, .y_channel = positions);
  RUN(td_channel_norm_weight_grad_f32, .dweight = result, .dy = operand_b, .x = operand_a,
      STATISTICS, PLANES, .dy_image = image, .dy_channel = positions);
  RUN(td_channel_norm_grad_f32, .dx = result, .dy = operand_b, .x = operand_a, STATISTICS,
      .weight = small[1], .sum = small[1], .product = small[2], PLANES, .dx_image = image,
      .dx_channel = positions, .dy_image = image, .dy_channel = positions,
      .inverse_count = 1.0f / (float)(3 * positions));
}

static void run_drop(void) {
#define DROP .y = result, .x = operand_a, .step = small[0], .threshold = 5000000, .scale = 1.5f
  RUN(td_drop_f32, DROP, .rank = 1, .extent = {1003}, .y_stride = {1}, .x_stride = {1},
      .position_stride = {1});
  RUN(td_drop_f32, DROP, .rank = 2, .extent = {7, 9}, .y_stride = {9, 1}, .x_stride = {1, 7},
      .position_stride = {23, 1}, .first_position = 50);
}

/* Windows of 11 x 14 images; gradients of all of an image and of 5 x 8 of it. */
static void run_pooling(const float* x, int32_t kernel, int32_t stride, int32_t pad) {
  const int32_t out_height = (11 + 2 * pad - kernel) / stride + 1;
  const int32_t out_width = (14 + 2 * pad - kernel) / stride + 1;
  const int32_t windows = out_height * out_width;
#define IMAGES                                                                    \
  .images = 2, .channels = 3, .height = 11, .width = 14, .kernel_height = kernel, \
  .kernel_width = kernel, .stride_height = stride, .stride_width = stride
#define IMAGES_OF_X .x_image = 3 * 154, .x_channel = 154, .x_row = 14
#define WINDOWS .out_height = out_height, .out_width = out_width, .pad_top = pad, .pad_left = pad
#define OF_WINDOWS(y) .y##_image = 3 * windows, .y##_channel = windows, .y##_row = out_width
#define PART_OF_X                                                                \
  .dx_height = part ? 5 : 11, .dx_width = part ? 8 : 14, .dx_top = part ? 3 : 0, \
  .dx_left = part ? 4 : 0, .dx_image = 3 * 154, .dx_channel = 154, .dx_row = 14
  RUN(td_max_pool2d_f32, .y = result, .x = x, IMAGES, IMAGES_OF_X, WINDOWS, OF_WINDOWS(y));
  for (int part = 0; part < 2; ++part)
    RUN(td_max_pool2d_grad_f32, .dx = result, .x = x, .dy = operand_b, IMAGES, IMAGES_OF_X, WINDOWS,
        PART_OF_X, OF_WINDOWS(dy));
  for (uint32_t count_include_pad = 0; count_include_pad < 2; ++count_include_pad) {
    RUN(td_avg_pool2d_f32, .y = result, .x = x, IMAGES, IMAGES_OF_X, WINDOWS, .pad_bottom = pad,
        .pad_right = pad, OF_WINDOWS(y), .count_include_pad = count_include_pad);
    for (int part = 0; part < 2; ++part)
      RUN(td_avg_pool2d_grad_f32, .dx = result, .dy = x, IMAGES, .pad_height = pad,
          .pad_width = pad, PART_OF_X, .dy_height = out_height, .dy_width = out_width,
          OF_WINDOWS(dy), .count_include_pad = count_include_pad);
  }
}

/* Images of 11 x 9, and of 4 x 13, of which positions lie over several of each other. */
static void run_resampling(void) {
#define RESAMPLED                                                                            \
  .images = 2, .channels = 3, .rows = 4, .columns = 13, .height = 4, .width = 13,            \
  .from_columns = 9, .from_height = 11, .from_width = 9, .y_image = 3 * 52, .y_channel = 52, \
  .y_row = 13, .x_image = 3 * 99, .x_channel = 99, .x_row = 9
#define RESAMPLED_GRAD                                                                          \
  .images = 2, .channels = 3, .rows = 11, .columns = 9, .height = 11, .width = 9,               \
  .from_columns = 13, .from_height = 4, .from_width = 13, .dx_image = 3 * 99, .dx_channel = 99, \
  .dx_row = 9, .dy_image = 3 * 52, .dy_channel = 52, .dy_row = 13
  RUN(td_adaptive_avg_pool2d_f32, .y = result, .x = operand_a, RESAMPLED);
  RUN(td_adaptive_avg_pool2d_grad_f32, .dx = result, .dy = operand_a, RESAMPLED_GRAD);
  RUN(td_resize_nearest_f32, .y = result, .x = operand_a, RESAMPLED);
  RUN(td_resize_nearest_grad_f32, .dx = result, .dy = operand_a, RESAMPLED_GRAD);
}

static void run_padding(void) {
#define GROWN .rank = 3, .extent = {3, 17, 5}, .axis = 1
  for (int32_t step = 1; step < 4; ++step)
    RUN(td_pad_f32, .y = result, .a = operand_a, GROWN, .begin = 2, .end = 3 + 4 * step,
        .step = step, .value = 0.7f, .y_stride = {85, 5, 1}, .a_stride = {25, 5, 1});
#define MIRROR GROWN, .first = 1, .before = 6, .after = 7, .last = 20
  RUN(td_reflect_pad_f32, .y = result, .x = operand_a, MIRROR, .output_stride = {85, 5, 1},
      .input_stride = {105, 5, 1});
  RUN(td_reflect_pad_grad_f32, .dx = result, .dy = operand_a, MIRROR, .output_stride = {85, 5, 1},
      .input_stride = {170, 5, 1});
}

/// Floats of all sizes through the elementary functions, then through fused multiply-adds.
static void run_mathematics(void) {
#define SWEEP(function)                                                                         \
  do {                                                                                          \
    for (uint32_t i = 0; i < kFloats; ++i) result[i] = function(td_float_of_bits(i * 107371u)); \
    report(#function);                                                                          \
  } while (0)
  SWEEP(td_expf);
  SWEEP(td_logf);
  SWEEP(td_tanhf);
  SWEEP(td_erff);
  SWEEP(td_sigmoidf);
  SWEEP(td_sqrtf);
  SWEEP(td_sinf);
  SWEEP(td_cosf);
  state = 2;
  for (int32_t i = 0; i < kFloats; ++i) {
    const float a = td_float_of_bits(random_bits());
    const float b = td_float_of_bits(random_bits());
    result[i] = td_fmaf(a, b, (i & 1) ? td_float_of_bits(random_bits()) : -(a * b));
  }
  report("td_fmaf");
}

int main(void) {
  run_mathematics();
  RUN_BINARY(td_add_f32);
  RUN_BINARY(td_sub_f32);
  RUN_BINARY(td_mul_f32);
  RUN_BINARY(td_div_f32);
  RUN_BINARY(td_relu_grad_f32);
  RUN_BINARY(td_sigmoid_grad_f32);
  RUN_BINARY(td_tanh_grad_f32);
  RUN_BINARY(td_gelu_grad_f32);
  RUN_BINARY(td_gelu_tanh_grad_f32);
  RUN_BINARY(td_maximum_f32);
  RUN_BINARY(td_minimum_f32);
  RUN_COMPARISON(td_equal_f32);
  RUN_COMPARISON(td_not_equal_f32);
  RUN_COMPARISON(td_less_f32);
  RUN_COMPARISON(td_less_equal_f32);
  RUN_TERNARY(td_maximum_grad_f32);
  RUN_TERNARY(td_where_f32);
  RUN(td_where_f32, .y = result, .a = &zero, .b = operand_a, .c = operand_b, .rank = 1,
      .extent = {1001}, .y_stride = {1}, .a_stride = {0}, .b_stride = {1}, .c_stride = {1});
  RUN_BINARY(td_abs_grad_f32);
  RUN_BINARY(td_rsqrt_grad_f32);
  RUN_BINARY(td_relu6_grad_f32);
  RUN_BINARY(td_silu_grad_f32);
  RUN_BINARY(td_hardswish_grad_f32);
  RUN_BINARY(td_hardsigmoid_grad_f32);
  RUN_BINARY(td_softplus_grad_f32);
  RUN_UNARY(td_neg_f32);
  RUN_UNARY(td_exp_f32);
  RUN_UNARY(td_log_f32);
  RUN_UNARY(td_sqrt_f32);
  RUN_UNARY(td_relu_f32);
  RUN_UNARY(td_sigmoid_f32);
  RUN_UNARY(td_tanh_f32);
  RUN_UNARY(td_gelu_f32);
  RUN_UNARY(td_gelu_tanh_f32);
  RUN_UNARY(td_abs_f32);
  RUN_UNARY(td_sign_f32);
  RUN_UNARY(td_rsqrt_f32);
  RUN_UNARY(td_sin_f32);
  RUN_UNARY(td_cos_f32);
  RUN_UNARY(td_relu6_f32);
  RUN_UNARY(td_silu_f32);
  RUN_UNARY(td_hardswish_f32);
  RUN_UNARY(td_hardsigmoid_f32);
  RUN_UNARY(td_softplus_f32);
  RUN_WITH(td_clamp, .low = -0.5f, .high = 0.7f);
  RUN_WITH(td_leaky_relu, .slope = 0.01f);
  RUN_WITH(td_elu, .alpha = 0.7f);
  RUN_WITH(td_pow, .exponent = 2.0f);
  RUN_WITH(td_pow, .exponent = 3.0f);
  RUN_WITH(td_pow, .exponent = 0.3f);
  RUN_UNARY(td_copy_f32);
  RUN(td_add_scalar_f32, DENSE, .offset = 0.7f);
  RUN(td_fill_f32, .y = result, .value = 0.7f, .rank = 2, .extent = {9, 11}, .y_stride = {13, 1});
  RUN(td_scale_f32, DENSE, .factor = 0.7f);
#define EDGES \
  .y = result, .a = edges, .rank = 1, .extent = {kEdges}, .y_stride = {1}, .a_stride = {1}
  RUN(td_exp_f32, EDGES);
  RUN(td_gelu_f32, EDGES);
  RUN(td_gelu_grad_f32, EDGES, .b = operand_b, .b_stride = {1});
  RUN(td_softmax_f32, .y = result, .x = middles, .outer = 3, .count = 2, .inner = 1, .y_outer = 2,
      .y_step = 1, .x_outer = 2, .x_step = 1);
  for (int32_t layout = 0; layout < 8; ++layout) {
    for (int32_t reduce = 1; reduce <= 2; ++reduce) {
      run_matmul(13, 19, 23, reduce, layout);
      run_matmul(2, 37, 70, reduce, layout);
      run_matmul(33, 3, 11, reduce, layout);
      run_matmul(9, 11, 8, reduce, layout);
      run_matmul(1, 21, 18, reduce, layout);
      run_matmul(9, 12, 8, reduce, layout);
      run_matmul(4, 16, 4, reduce, layout);
      run_matmul(13, 37, 1, reduce, layout);
    }
  }
  for (uint32_t accumulate = 0; accumulate < 2; ++accumulate)
    RUN_BOTH(td_matmul_f32, .y = result, .a = operand_a, .b = operand_b, .outer = 1, .batch = 2,
             .m = 13, .n = 23, .k = 1, .reduce = 1, .y_batch = 299, .a_batch = 13, .b_batch = 23,
             .y_row = 23, .y_col = 1, .a_row = 1, .a_col = 1, .b_row = 23, .b_col = 1,
             .accumulate = accumulate);
  run_conv2d(1, 1, 1);
  run_conv2d(2, 1, 3);
  run_conv2d(3, 2, 2);
  for (uint32_t accumulate = 0; accumulate < 2; ++accumulate) {
    run_blocks_conv2d(12, 1, 1, accumulate);
    run_blocks_conv2d(10, 0, 1, accumulate);
    run_blocks_conv2d(4, 1, 2, accumulate);
  }
  for (int32_t width = 3; width <= 13; ++width) run_channels(3, 1, 1, width);
  run_channels(3, 1, 1, 61);
  run_channels(5, 2, 1, 70);
  run_channels(3, 1, 2, 44);
  run_channels(9, 1, 2, 20);
  for (int32_t width = 5; width <= 17; width += 3)
    for (int32_t pad = 0; pad < 3; ++pad) {
      run_spaced(width, width + pad, pad, 1, 0);
      run_spaced(width + 1, width, 1, pad, 0);
      run_spaced(width, width + 1, 1, pad, 2);
    }
  run_wide_conv2d();
  run_reductions();
  run_rows(10);
  run_rows(67);
  run_channel_norm(11);
  run_channel_norm(37);
  run_drop();
  for (int32_t kernel = 2; kernel <= 4; ++kernel)
    for (int32_t stride = 1; stride <= 3; ++stride)
      for (int32_t pad = 0; pad < 2; ++pad) {
        run_pooling(operand_a, kernel, stride, pad);
        run_pooling(steps, kernel, stride, pad);
        run_pooling(low, kernel, stride, pad);
      }
  run_resampling();
  run_padding();
  RUN(td_sgd_update_f32, .y = result, .w = operand_a, .g = operand_b, .lr = &rate,
      .inverse_count = small[0], .rows = 1, .columns = 1003);
  RUN(td_sgd_update_f32, .y = result, .w = operand_a, .g = operand_b, .lr = &rate,
      .inverse_count = small[0], .rows = 37, .columns = 19, .y_row = 23, .w_row = 27, .g_row = 19);
  return 0;
}
