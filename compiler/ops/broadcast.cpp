#include "diag/diagnostic.h"
#include "ops/elementwise.h"
#include "ops/rules.h"

namespace tdc::ops {
namespace {

TypeResult infer(const Call& call) {
  const ir::Dims& dims = call.attributes.integers("dims");
  if (broadcast_dims(call.input(0).dims, dims) != dims)
    return TypeProblem{.message = make_message(diag::broadcast_shapes,
                                               ir::to_text(call.input(0).dims), ir::to_text(dims)),
                       .operand = 0,
                       .attribute = "dims"};
  return std::vector<ir::TensorType>{{.dtype = call.input(0).dtype, .dims = dims}};
}

ir::ValueIds batch(const BatchContext& context) {
  ir::Dims dims = context.attributes.integers("dims");
  const ir::Dims& own = context.builder.type(context.inputs[0]).dims;
  ir::Dims widened = {own[0]};
  widened.resize(1 + dims.size() - (own.size() - 1), 1);
  widened.insert(widened.end(), own.begin() + 1, own.end());
  dims.insert(dims.begin(), context.batch);
  const ir::ValueId input =
      widened == own ? context.inputs[0]
                     : context.builder.emit("reshape", {context.inputs[0]}, {{"dims", widened}});
  return context.builder.emit_all("broadcast", {input}, {{"dims", dims}});
}

void evaluate(const Evaluation& e) {
  const std::vector<size_t> from = broadcast_indices(e.input(0).type.dims, e.output(0).type.dims);
  for (size_t i = 0; i < from.size(); ++i) e.output(0).data[i] = e.input(0).data[from[i]];
}

std::vector<KernelField> fields(ir::DType dtype) {
  std::vector<KernelField> result = elementwise_fields({"a"});
  result[0].dtype = dtype;
  result[1].dtype = dtype;
  return result;
}

std::vector<Sample> samples(ir::DType dtype) {
  const auto sample = [&](ir::Dims from, ir::Dims to) {
    return Sample{.inputs = {ir::TensorType{.dtype = dtype, .dims = std::move(from)}},
                  .attributes = {{"dims", std::move(to)}},
                  .domains = {{-9, 10}}};
  };
  return {sample({}, {3}), sample({5}, {3, 5}), sample({3, 1, 5}, {2, 3, 4, 5})};
}

}  // namespace

extern const OpFamily broadcast_family;
const OpFamily broadcast_family = {
    .ops = {
        {.name = "broadcast",
         .summary = "x repeated to the shape `dims`, trailing axes aligned",
         .signature = "x:[..] -> y:[..]",
         .visibility = Visibility::internal,
         .attributes = {{"dims", AttributeKind::integers, std::nullopt, "the whole new shape"}},
         .infer_types = infer,
         .batch = batch,
         .gradient = [](GradientContext& g) { g.set(0, g.sum_to_input(g.cotangent(), 0)); },
         .shift = shift_of_sum,
         .evaluate = evaluate,
         .work = Work::none,
         .space = elementwise_space,
         .kernel = KernelDef{.name = "td_copy_f32",
                             .file = "copy.c",
                             .fields = fields(ir::DType::f32),
                             .bind = bind_elementwise},
         .samples = [] { return samples(ir::DType::f32); }},

        {.name = "broadcast_i32",
         .summary = "`broadcast` of class numbers",
         .signature = "x:i32[..] -> y:i32[..]",
         .visibility = Visibility::internal,
         .attributes = {{"dims", AttributeKind::integers, std::nullopt, "the whole new shape"}},
         .infer_types = infer,
         .batch = batch_leading,  // made by batching only
         .gradient = NoGradient{"class numbers jump"},
         .evaluate = evaluate,
         .work = Work::none,
         .space = elementwise_space,
         .kernel = KernelDef{.name = "td_copy_i32",
                             .file = "copy_i32.c",
                             .fields = fields(ir::DType::i32),
                             .bind = bind_elementwise},
         .samples = [] { return samples(ir::DType::i32); }},
    }};

}  // namespace tdc::ops
