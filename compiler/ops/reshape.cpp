#include "diag/diagnostic.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

/// As many elements under another shape (result-4).
TypeResult infer(const Call& call) {
  const ir::Dims& dims = call.attributes.integers("dims");
  int64_t count = 1;
  for (const int64_t extent : dims)
    if (extent < 1 || __builtin_mul_overflow(count, extent, &count))
      return TypeProblem{.message = make_message(diag::reshape_shape, ir::to_text(dims)),
                         .operand = -1,
                         .attribute = "dims"};
  if (ir::element_count(dims) != ir::element_count(call.input(0)))
    return TypeProblem{.message = make_message(diag::reshape_count, ir::to_text(call.input(0).dims),
                                               ir::element_count(call.input(0)), ir::to_text(dims),
                                               ir::element_count(dims)),
                       .operand = -1,
                       .attribute = "dims"};
  return std::vector<ir::TensorType>{{.dtype = call.input(0).dtype, .dims = dims}};
}

ir::ValueIds batch(const BatchContext& context) {
  ir::Dims dims = context.attributes.integers("dims");
  dims.insert(dims.begin(), context.batch);
  return context.builder.emit_all("reshape", context.inputs, {{"dims", dims}});
}

}  // namespace

extern const OpFamily reshape_family;
const OpFamily reshape_family = {
    .ops = {{.name = "reshape",
             .summary = "the same elements in row-major order under another shape",
             .signature = "x:[..] -> y:[..]",
             .attributes = {{"dims", AttributeKind::integers, std::nullopt, "the new shape"}},
             .infer_types = infer,
             .batch = batch,
             .gradient =
                 [](GradientContext& g) {
                   g.set(0,
                         g.emit("reshape", {g.cotangent()}, {{"dims", g.type(g.input(0)).dims}}));
                 },
             .shift = shift_of_reshape,
             .evaluate = [](const Evaluation& e) { e.output(0).data = e.input(0).data; },
             .work = Work::none,
             .is_view = true,
             .samples =
                 [] {
                   return std::vector<Sample>{{.inputs = {ir::TensorType{.dims = {3, 4}}},
                                               .attributes = {{"dims", ir::Dims{2, 6}}},
                                               .domains = {}},
                                              {.inputs = {ir::TensorType{.dims = {5}}},
                                               .attributes = {{"dims", ir::Dims{5, 1}}},
                                               .domains = {}},
                                              {.inputs = {ir::TensorType{.dims = {}}},
                                               .attributes = {{"dims", ir::Dims{1, 1}}},
                                               .domains = {}}};
                 }}}};

}  // namespace tdc::ops
