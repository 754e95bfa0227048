#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

using ir::Dims;
using ir::TensorType;

/// The first operand that does not fit to those before it is pointed at.
TypeResult infer(const Call& call) {
  Dims dims;
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    const std::optional<Dims> common = broadcast_dims(dims, call.input(i).dims);
    if (!common)
      return TypeProblem{.message = make_message(diag::broadcast_shapes, ir::to_text(dims),
                                                 ir::to_text(call.input(i).dims)),
                         .operand = static_cast<int>(i),
                         .attribute = {}};
    dims = *common;
  }
  return std::vector<TensorType>{{.dims = dims}};
}

/// Each operand has the gradient where it was taken and zeros elsewhere, whatever stands in the
/// other; the mask jumps and has none.
void gradient(GradientContext& g) {
  const ir::ValueId mask = g.input(0), dy = g.cotangent();
  const ir::ValueId zero = g.emit("constant", {}, {{"value", 0.0}, {"dims", Dims{}}});
  if (g.needs(1)) g.set(1, g.sum_to_input(g.emit("where", {mask, dy, zero}), 1));
  if (g.needs(2)) g.set(2, g.sum_to_input(g.emit("where", {mask, zero, dy}), 2));
}

std::vector<Sample> samples() {
  const auto sample = [](Dims mask, Dims a, Dims b) {
    return Sample{.inputs = {TensorType{.dims = std::move(mask)}, TensorType{.dims = std::move(a)},
                             TensorType{.dims = std::move(b)}},
                  .attributes = {},
                  // Floats from here are 0 and its neighbour.
                  .domains = {{0, 0x1p-149}, {-2, 2}, {-2, 2}}};
  };
  return {sample({}, {}, {}),          sample({7}, {7}, {7}),
          sample({3, 5}, {}, {5}),     sample({3, 1}, {3, 5}, {3, 5}),
          sample({5}, {3, 5}, {3, 1}), sample({2, 1, 4, 5}, {3, 1, 5}, {4, 1}),
          sample({3, 17}, {3, 17}, {})};
}

}  // namespace

extern const OpFamily where_family;
const OpFamily where_family = {
    .ops = {
        {.name = "where",
         .summary = "a where the mask is not 0, else b, with broadcasting; what is not taken "
                    "matters nowhere, and the mask has no gradient",
         .signature = "mask:[..], a:[..], b:[..] -> y:[..]",
         .infer_types = infer,
         .batch = batch_elementwise,
         .gradient = gradient,
         .evaluate =
             [](const Evaluation& e) {
               evaluate_ternary(e,
                                [](double mask, double a, double b) { return mask != 0 ? a : b; });
             },
         .work = Work::outputs,
         .space = elementwise_space,
         .in_place = {{0, 0}, {1, 0}, {2, 0}},
         .kernel = KernelDef{.name = "td_where_f32",
                             .file = "where.c",
                             .fields = elementwise_fields({"a", "b", "c"}),
                             .bind = bind_elementwise},
         .samples = samples,
         .kernel_tolerance = 0},
    }};

}  // namespace tdc::ops
