#include <algorithm>
#include <cmath>

#include "ops/rules.h"
#include "ops/softmax.h"

namespace tdc::ops {
namespace {

TypeResult infer(const Call& call) {
  return infer_softmax(call, "log_softmax");
}

}  // namespace

extern const OpFamily log_softmax_family;
const OpFamily log_softmax_family = {
    .ops = {
        {.name = "log_softmax",
         .summary = "x less the logarithm of the sum of e^x along the last axis",
         .signature = "x:[..] -> y:[..]",
         .attributes = softmax_attributes(),
         .infer_types = infer,
         .batch = batch_leading,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("log_softmax_grad", {g.output(), g.cotangent()}));
             },
         .shift = shift_of_rows,
         .evaluate =
             [](const Evaluation& e) {
               for_each_row(e.input(0), [&](size_t begin, size_t columns) {
                 const double* x = e.input(0).data.data() + begin;
                 double* y = e.output(0).data.data() + begin;
                 const double largest = *std::max_element(x, x + columns);
                 double sum = 0;
                 for (size_t i = 0; i < columns; ++i) sum += std::exp(x[i] - largest);
                 for (size_t i = 0; i < columns; ++i) y[i] = x[i] - largest - std::log(sum);
               });
             },
         .work = Work::outputs,
         .space = softmax_space,
         .in_place = {{0, 0}},
         .kernel = softmax_kernel("td_log_softmax_f32", "log_softmax.c"),
         .samples = [] { return softmax_samples(1, {-4, 4}); },
         .kernel_tolerance = 2e-6},

        {.name = "log_softmax_grad",
         .summary =
             "dx = dy - e^y times the sum of dy along the last axis, from log_softmax's output y",
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
                 for (size_t i = 0; i < columns; ++i) sum += dy[i];
                 for (size_t i = 0; i < columns; ++i)
                   e.output(0).data[begin + i] = dy[i] - std::exp(y[i]) * sum;
               });
             },
         .work = Work::outputs,
         .space = softmax_space,
         .in_place = {{0, 0}, {1, 0}},
         .kernel = softmax_gradient_kernel("td_log_softmax_grad_f32", "log_softmax.c"),
         .samples = [] { return softmax_samples(2, {-3, 0}); },
         .kernel_tolerance = 2e-6},
    }};

}  // namespace tdc::ops
