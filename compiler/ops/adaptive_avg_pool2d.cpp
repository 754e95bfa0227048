#include "ops/resample.h"
#include "ops/rules.h"

// Element i of y is the mean of x from floor(i * in / out) to before ceil((i + 1) * in / out),
// along rows and columns, as in PyTorch: windows differ in size by one and may share a position.

namespace tdc::ops {
namespace {

using ir::Dims;

TypeResult infer(const Call& call) {
  return infer_resampling(call, "adaptive_avg_pool2d");
}

/// Calls `function(window, position, share)` for every position of x in every window, both as
/// indices of elements: the window's element of y is the sum of share * x[position].
template <typename Function>
void for_each_share(const Dims& x, const Dims& y, Function function) {
  const int64_t height = x.end()[-2], width = x.end()[-1];
  const int64_t out_height = y.end()[-2], out_width = y.end()[-1];
  const auto window_of = [](int64_t index, int64_t out, int64_t in) {
    return Range{scaled_down(index, out, in), scaled_up(index + 1, out, in)};
  };
  int64_t window = 0;
  for (int64_t plane = 0; plane < ir::element_count(x) / (height * width); ++plane)
    for (int64_t i = 0; i < out_height; ++i)
      for (int64_t j = 0; j < out_width; ++j, ++window) {
        const Range rows = window_of(i, out_height, height);
        const Range columns = window_of(j, out_width, width);
        for (int64_t row = rows.begin; row < rows.end; ++row)
          for (int64_t column = columns.begin; column < columns.end; ++column)
            function(static_cast<size_t>(window),
                     static_cast<size_t>((plane * height + row) * width + column),
                     1 / static_cast<double>(rows.extent() * columns.extent()));
      }
}

}  // namespace

extern const OpFamily adaptive_avg_pool2d_family;
const OpFamily adaptive_avg_pool2d_family = {
    .ops = {
        {.name = "adaptive_avg_pool2d",
         .summary = "means of as many windows of an image as y has elements, which cover it evenly",
         .signature = "x:[.., h, w] -> y:[.., i, j]",
         .attributes = resampling_attributes(),
         .infer_types = infer,
         .batch = batch_leading,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("adaptive_avg_pool2d_grad", {g.cotangent()},
                               with_extent(g.attributes(), g.type(g.input(0)).dims)));
             },
         .evaluate =
             [](const Evaluation& e) {
               for_each_share(e.input(0).type.dims, e.output(0).type.dims,
                              [&](size_t window, size_t position, double share) {
                                e.output(0).data[window] += share * e.input(0).data[position];
                              });
             },
         .work = Work::outputs,
         .space = [](const Call& call) { return resampling_space(call, overlap); },
         .kernel = resampling_kernel("td_adaptive_avg_pool2d_f32", "adaptive_avg_pool2d.c"),
         .samples = resampling_samples},

        {.name = "adaptive_avg_pool2d_grad",
         .summary = "to each position of x its share of the dy of the windows that hold it",
         .signature = "dy:[.., i, j] -> dx:[.., h, w]",
         .visibility = Visibility::internal,
         .attributes = resampling_gradient_attributes(),
         .infer_types = infer_resampling_gradient,
         .batch = batch_leading,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               for_each_share(e.output(0).type.dims, e.input(0).type.dims,
                              [&](size_t window, size_t position, double share) {
                                e.output(0).data[position] += share * e.input(0).data[window];
                              });
             },
         .work = Work::outputs,
         .space = [](const Call& call) { return resampling_space(call, overlap); },
         .kernel =
             resampling_gradient_kernel("td_adaptive_avg_pool2d_grad_f32", "adaptive_avg_pool2d.c"),
         .samples = resampling_gradient_samples},
    }};

}  // namespace tdc::ops
