#include "ops/softmax.h"

#include <algorithm>
#include <cmath>

#include "ops/rules.h"

namespace tdc::ops {
namespace {

TypeResult infer(const Call& call) {
  return infer_softmax(call, "softmax");
}

}  // namespace

extern const OpFamily softmax_family;
const OpFamily softmax_family = {
    .ops = {
        {.name = "softmax",
         .summary = "e^x over its sum along the last axis",
         .signature = "x:[..] -> y:[..]",
         .attributes = softmax_attributes(),
         .infer_types = infer,
         .batch = batch_leading,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("softmax_grad", {g.output(), g.cotangent()}));
             },
         .shift = shift_of_rows,
         .evaluate =
             [](const Evaluation& e) {
               for_each_row(e.input(0), [&](size_t begin, size_t columns) {
                 const double* x = e.input(0).data.data() + begin;
                 double* y = e.output(0).data.data() + begin;
                 const double largest = *std::max_element(x, x + columns);
                 double sum = 0;
                 for (size_t i = 0; i < columns; ++i) sum += y[i] = std::exp(x[i] - largest);
                 for (size_t i = 0; i < columns; ++i) y[i] /= sum;
               });
             },
         .work = Work::outputs,
         .space = softmax_space,
         .in_place = {{0, 0}},
         .kernel = softmax_kernel("td_softmax_f32", "softmax.c"),
         .samples = [] { return softmax_samples(1, {-4, 4}); },
         .kernel_tolerance = 2e-6},

        {.name = "softmax_grad",
         .summary = "dx = y (dy - sum of y dy along the last axis), from softmax's output y",
         .signature = "y:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .attributes = softmax_attributes(),
         .infer_types = infer,
         .batch = batch_leading,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               for_each_row(e.input(0), [&](size_t begin, size_t columns) {
                 const double* y = e.input(0).data.data() + begin;
                 const double* dy = e.input(1).data.data() + begin;
                 double sum = 0;
                 for (size_t i = 0; i < columns; ++i) sum += y[i] * dy[i];
                 for (size_t i = 0; i < columns; ++i)
                   e.output(0).data[begin + i] = y[i] * (dy[i] - sum);
               });
             },
         .work = Work::outputs,
         .space = softmax_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = softmax_gradient_kernel("td_softmax_grad_f32", "softmax.c"),
         .samples = [] { return softmax_samples(2, {0, 1}); },
         .kernel_tolerance = 2e-6},
    }};

}  // namespace tdc::ops
