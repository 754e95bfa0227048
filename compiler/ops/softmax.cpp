#include "ops/softmax.h"

#include <algorithm>
#include <cmath>

#include "ops/rules.h"

namespace tdc::ops {

extern const OpFamily softmax_family;
const OpFamily softmax_family = {
    .ops = {
        {.name = "softmax",
         .summary = "e^x over its sum along an axis",
         .signature = "x:[..] -> y:[..]",
         .attributes = softmax_attributes(),
         .infer_types = infer_softmax,
         .batch = batch_leading,
         .gradient =
             [](GradientContext& g) {
               g.set(0, g.emit("softmax_grad", {g.output(), g.cotangent()}, g.attributes()));
             },
         .shift = shift_of_rows,
         .evaluate =
             [](const Evaluation& e) {
               for_each_row(e.input(0), e.attributes, [&](const RowOfAxis& row) {
                 const std::vector<double>& x = e.input(0).data;
                 std::vector<double>& y = e.output(0).data;
                 double largest = x[row.begin];
                 for (size_t i = 1; i < row.count; ++i) largest = std::max(largest, x[row.at(i)]);
                 double sum = 0;
                 for (size_t i = 0; i < row.count; ++i)
                   sum += y[row.at(i)] = std::exp(x[row.at(i)] - largest);
                 for (size_t i = 0; i < row.count; ++i) y[row.at(i)] /= sum;
               });
             },
         .work = Work::outputs,
         .space = softmax_space,
         .in_place = {{0, 0}},
         .kernel = softmax_kernel("td_softmax_f32", "softmax.c"),
         .samples = [] { return softmax_samples(1, {-4, 4}); },
         .kernel_tolerance = 2e-6},

        {.name = "softmax_grad",
         .summary = "dx = y (dy - sum of y dy along an axis), from softmax's output y",
         .signature = "y:[..], dy:[..] -> dx:[..]",
         .visibility = Visibility::internal,
         .attributes = softmax_attributes(),
         .infer_types = infer_softmax,
         .batch = batch_leading,
         .gradient = NoGradient{"gradients of gradients are not supported"},
         .evaluate =
             [](const Evaluation& e) {
               for_each_row(e.input(0), e.attributes, [&](const RowOfAxis& row) {
                 const std::vector<double>& y = e.input(0).data;
                 const std::vector<double>& dy = e.input(1).data;
                 double sum = 0;
                 for (size_t i = 0; i < row.count; ++i) sum += y[row.at(i)] * dy[row.at(i)];
                 for (size_t i = 0; i < row.count; ++i)
                   e.output(0).data[row.at(i)] = y[row.at(i)] * (dy[row.at(i)] - sum);
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
