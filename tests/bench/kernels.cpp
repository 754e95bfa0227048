// Measures the kernels on this machine, one thread: GFLOP/s of matrix products and convolutions in
// all directions, elements per second of the others. Shapes are those of the CCT's layers.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <limits>
#include <vector>

extern "C" {
#include "td_kernels.h"
}

namespace {

constexpr td_team kAlone = {.core = 0, .cores = 1};

/// The shortest time of one call, in seconds, over repetitions that fill a fifth of a second.
double seconds_of(const std::function<void()>& call) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  double best = std::numeric_limits<double>::infinity();
  do {
    const auto begin = Clock::now();
    call();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count());
  } while (Clock::now() - start < std::chrono::milliseconds(200));
  return best;
}

void print(const char* name, const char* shape, double count, const char* unit,
           const std::function<void()>& call) {
  const double seconds = seconds_of(call);
  std::printf("%-22s %-34s %9.1f us %8.2f %s\n", name, shape, seconds * 1e6, count / seconds * 1e-9,
              unit);
}

std::vector<float> buffer(size_t count) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = static_cast<float>(i * 2654435761U % 1000) * 0.002F - 1.0F;
  return values;
}

void matmul(const char* shape, int32_t m, int32_t n, int32_t k, bool transpose_a,
            bool transpose_b) {
  const std::vector<float> a = buffer(static_cast<size_t>(m * k));
  const std::vector<float> b = buffer(static_cast<size_t>(k * n));
  std::vector<float> y(static_cast<size_t>(m * n));
  td_matmul_f32_args args = {};
  args.outer = 1;
  args.y = y.data();
  args.a = a.data();
  args.b = b.data();
  args.batch = 1;
  args.m = m;
  args.n = n;
  args.k = k;
  args.reduce = 1;
  args.y_row = n;
  args.y_col = 1;
  args.a_row = transpose_a ? 1 : k;
  args.a_col = transpose_a ? m : 1;
  args.b_row = transpose_b ? 1 : n;
  args.b_col = transpose_b ? k : 1;
  print("matmul", shape, 2.0 * m * n * k, "GFLOP/s", [&] { td_matmul_f32(&args, kAlone); });
}

/// 3 x 3 kernels, padding 1.
template <typename Args>
Args geometry(int32_t channels, int32_t outputs, int32_t side, int32_t stride) {
  Args args = {};
  args.batch = 1;
  args.groups = 1;
  args.channels = channels;
  args.height = args.width = side;
  args.outputs = outputs;
  args.out_height = args.out_width = (side - 1) / stride + 1;
  args.kernel_height = args.kernel_width = 3;
  args.stride_height = args.stride_width = stride;
  args.pad_top = args.pad_left = 1;
  args.dilation_height = args.dilation_width = 1;
  return args;
}

void conv2d(const char* shape, int32_t channels, int32_t outputs, int32_t side, int32_t stride) {
  const int32_t out_side = (side - 1) / stride + 1;
  std::vector<float> x = buffer(static_cast<size_t>(channels * side * side));
  std::vector<float> y = buffer(static_cast<size_t>(outputs * out_side * out_side));
  std::vector<float> w = buffer(static_cast<size_t>(outputs * channels * 9));
  const double flop = 2.0 * 9 * channels * outputs * out_side * out_side;
  {
    auto args = geometry<td_conv2d_f32_args>(channels, outputs, side, stride);
    args.y = y.data();
    args.x = x.data();
    args.w = w.data();
    args.x_channel = side * side;
    args.x_row = side;
    args.y_channel = out_side * out_side;
    args.y_row = out_side;
    args.w_output = channels * 9;
    print("conv2d", shape, flop, "GFLOP/s", [&] { td_conv2d_f32(&args, kAlone); });
  }
  {
    auto args = geometry<td_conv2d_input_grad_f32_args>(channels, outputs, side, stride);
    args.dx = x.data();
    args.dy = y.data();
    args.w = w.data();
    args.dx_channel = side * side;
    args.dx_row = side;
    args.dy_channel = out_side * out_side;
    args.dy_row = out_side;
    args.w_output = channels * 9;
    args.w_channel = 9;
    args.w_row = 3;
    print("conv2d_input_grad", shape, flop, "GFLOP/s",
          [&] { td_conv2d_input_grad_f32(&args, kAlone); });
  }
  {
    auto args = geometry<td_conv2d_weight_grad_f32_args>(channels, outputs, side, stride);
    args.dw = w.data();
    args.x = x.data();
    args.dy = y.data();
    args.x_channel = side * side;
    args.x_row = side;
    args.dy_channel = out_side * out_side;
    args.dy_row = out_side;
    args.dw_output = channels * 9;
    args.dw_channel = 9;
    args.dw_row = 3;
    print("conv2d_weight_grad", shape, flop, "GFLOP/s",
          [&] { td_conv2d_weight_grad_f32(&args, kAlone); });
  }
}

constexpr int32_t kElements = 64 * 1024;

template <typename Args>
void unary(const char* name, void (*kernel)(const Args*, td_team)) {
  std::vector<float> x = buffer(kElements);
  std::vector<float> y(kElements);
  Args args = {};
  args.y = y.data();
  args.a = x.data();
  args.rank = 1;
  args.extent[0] = kElements;
  args.y_stride[0] = args.a_stride[0] = 1;
  print(name, "65536", kElements, "G/s", [&] { kernel(&args, kAlone); });
}

void add_in_place() {
  std::vector<float> x = buffer(kElements);
  std::vector<float> y(kElements);
  td_add_f32_args args = {};
  args.y = y.data();
  args.a = y.data();
  args.b = x.data();
  args.rank = 1;
  args.extent[0] = kElements;
  args.y_stride[0] = args.a_stride[0] = args.b_stride[0] = 1;
  print("add", "65536, in place", kElements, "G/s", [&] { td_add_f32(&args, kAlone); });
}

void rows() {
  constexpr int32_t kRows = 512;
  constexpr int32_t kColumns = 128;
  std::vector<float> x = buffer(kElements);
  std::vector<float> y(kElements);
  const td_softmax_f32_args softmax = {.y = y.data(),
                                       .x = x.data(),
                                       .outer = kRows,
                                       .count = kColumns,
                                       .inner = 1,
                                       .y_outer = kColumns,
                                       .y_step = 1,
                                       .x_outer = kColumns,
                                       .x_step = 1};
  print("softmax", "512 x 128", kElements, "G/s", [&] { td_softmax_f32(&softmax, kAlone); });
  const td_layer_norm_f32_args norm = {.y = y.data(),
                                       .x = x.data(),
                                       .weight = x.data(),
                                       .bias = x.data(),
                                       .rows = kRows,
                                       .columns = kColumns,
                                       .y_row = kColumns,
                                       .x_row = kColumns,
                                       .epsilon = 1e-5F};
  print("layer_norm", "512 x 128", kElements, "G/s", [&] { td_layer_norm_f32(&norm, kAlone); });
}

void max_pool2d() {
  std::vector<float> x = buffer(64 * 32 * 32);
  std::vector<float> y(64 * 16 * 16);
  const td_max_pool2d_f32_args args = {.y = y.data(),
                                       .x = x.data(),
                                       .images = 1,
                                       .channels = 64,
                                       .height = 32,
                                       .width = 32,
                                       .out_height = 16,
                                       .out_width = 16,
                                       .kernel_height = 3,
                                       .kernel_width = 3,
                                       .stride_height = 2,
                                       .stride_width = 2,
                                       .pad_top = 1,
                                       .pad_left = 1,
                                       .x_image = 0,
                                       .x_channel = 32 * 32,
                                       .x_row = 32,
                                       .y_image = 0,
                                       .y_channel = 16 * 16,
                                       .y_row = 16};
  print("max_pool2d", "64 x 32 x 32, 3 x 3 / 2", 64 * 32 * 32, "G/s",
        [&] { td_max_pool2d_f32(&args, kAlone); });
}

}  // namespace

int main() {
  matmul("64 x 128 x 128", 64, 128, 128, false, false);
  matmul("64 x 128 x 128, b transposed", 64, 128, 128, false, true);
  matmul("128 x 128 x 64, a transposed", 128, 128, 64, true, false);
  matmul("64 x 64 x 64", 64, 64, 64, false, false);
  matmul("1 x 64 x 64, b transposed", 1, 64, 64, false, true);
  matmul("64 x 4 x 128, b transposed", 64, 4, 128, false, true);
  matmul("4 x 128 x 64, a transposed", 4, 128, 64, true, false);
  conv2d("3 -> 64, 32 x 32", 3, 64, 32, 1);
  conv2d("64 -> 128, 16 x 16", 64, 128, 16, 1);
  conv2d("64 -> 128, 16 x 16 / 2", 64, 128, 16, 2);
  conv2d("1 -> 8, 28 x 28", 1, 8, 28, 1);
  unary("exp", td_exp_f32);
  unary("log", td_log_f32);
  unary("tanh", td_tanh_f32);
  unary("gelu", td_gelu_f32);
  unary("relu", td_relu_f32);
  add_in_place();
  rows();
  max_pool2d();
}
