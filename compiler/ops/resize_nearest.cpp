#include "ops/resample.h"
#include "ops/rules.h"

// Element i of y is that of x at floor(i * in / out), along rows and columns.

namespace tdc::ops {
namespace {

using ir::Dims;

TypeResult infer(const Call& call) {
  return infer_resampling(call, "resize_nearest");
}

/// For each element of y in row-major order, the one of x that it is.
std::vector<size_t> sources(const Dims& x, const Dims& y) {
  const int64_t height = x.end()[-2], width = x.end()[-1];
  const int64_t out_height = y.end()[-2], out_width = y.end()[-1];
  std::vector<size_t> result;
  for (int64_t plane = 0; plane < ir::element_count(x) / (height * width); ++plane)
    for (int64_t i = 0; i < out_height; ++i)
      for (int64_t j = 0; j < out_width; ++j)
        result.push_back(
            static_cast<size_t>((plane * height + scaled_down(i, out_height, height)) * width +
                                scaled_down(j, out_width, width)));
  return result;
}

/// The position of `to` that an index of `from` takes.
Window nearest(int64_t from, int64_t to) {
  return {.scale = to, .low = 1 - from, .high = 0, .divisor = from, .extent = to};
}

/// The indices of `to` that take a position of `from`.
Window takers(int64_t from, int64_t to) {
  return {.scale = to, .low = 0, .high = to - 1, .divisor = from, .extent = to};
}

}  // namespace

extern const OpFamily resize_nearest_family;
const OpFamily resize_nearest_family = {
    .ops = {
        {.name = "resize_nearest",
         .summary =
             "images of another size: element (i, j) is that at (i h / height, j w / width), "
             "rounded down",
         .signature = "x:[.., h, w] -> y:[.., i, j]",
         .attributes = resampling_attributes(),
         .infer_types = infer,
         .batch = batch_leading,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("resize_nearest_grad", {g.cotangent()},
                               with_extent(g.attributes(), g.type(g.input(0)).dims)));
             },
         .evaluate =
             [](const Evaluation& e) {
               const std::vector<size_t> from =
                   sources(e.input(0).type.dims, e.output(0).type.dims);
               for (size_t i = 0; i < from.size(); ++i)
                 e.output(0).data[i] = e.input(0).data[from[i]];
             },
         .work = Work::none,
         .space = [](const Call& call) { return resampling_space(call, nearest); },
         .is_identity = [](const Call& call) { return call.input(0) == call.output(0); },
         .kernel = resampling_kernel("td_resize_nearest_f32", "resize_nearest.c"),
         .samples = resampling_samples,
         .kernel_tolerance = 0},

        {.name = "resize_nearest_grad",
         .summary = "to each position of x the dy of all elements that it became",
         .signature = "dy:[.., i, j] -> dx:[.., h, w]",
         .visibility = Visibility::internal,
         .attributes = resampling_gradient_attributes(),
         .infer_types = infer_resampling_gradient,
         .batch = batch_leading,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               const std::vector<size_t> from =
                   sources(e.output(0).type.dims, e.input(0).type.dims);
               for (size_t i = 0; i < from.size(); ++i)
                 e.output(0).data[from[i]] += e.input(0).data[i];
             },
         .work = Work::outputs,
         .space = [](const Call& call) { return resampling_space(call, takers); },
         .kernel = resampling_gradient_kernel("td_resize_nearest_grad_f32", "resize_nearest.c"),
         .samples = resampling_gradient_samples},
    }};

}  // namespace tdc::ops
