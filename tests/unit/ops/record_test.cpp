// Every op record is complete and says what holds.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <limits>

#include "unit/check/check_source.h"
#include "unit/ops/samples.h"

namespace tdc::ops {
namespace {

/// The names of the fields of a record that are empty but must not be.
std::vector<std::string> empty_fields(const OpDef& op) {
  std::vector<std::string> empty;
  const auto require = [&](bool is_given, std::string field) {
    if (!is_given) empty.push_back(std::move(field));
  };
  require(!op.name.empty(), "name");
  require(!op.summary.empty(), "summary");
  require(!op.signature.empty(), "signature");
  require(op.batch != nullptr, "batch");
  require(op.evaluate != nullptr, "evaluate");
  require(op.work.has_value(), "work");
  require(op.samples != nullptr && !op.samples().empty(), "samples");
  require(op.kernel_tolerance >= 0, "kernel_tolerance");
  if (const auto* none = std::get_if<NoGradient>(&op.gradient))
    require(!none->reason.empty(), "gradient");
  else
    require(std::get<GradientRule>(op.gradient) != nullptr, "gradient");
  for (const AttributeDef& attribute : op.attributes) {
    require(!attribute.name.empty(), "attribute name");
    require(!attribute.summary.empty(), fmt::format("summary of {}", attribute.name));
  }
  if (op.is_view || op.is_of_sample) return empty;
  require(op.space != nullptr, "space");
  require(op.kernel.has_value(), "kernel");
  if (!op.kernel) return empty;
  require(op.kernel->name.starts_with("td_"), "kernel name");
  require(op.kernel->file.ends_with(".c"), "kernel file");
  require(op.kernel->bind != nullptr, "kernel bind");
  for (const KernelField& field : op.kernel->fields)
    require(!field.name.empty() && !field.summary.empty(),
            fmt::format("summary of kernel field {}", field.name));
  return empty;
}

TEST_CASE("no field of a record is empty") {
  for (const OpDef* op : all_ops()) {
    CAPTURE(std::string(op->name));
    CHECK(empty_fields(*op) == std::vector<std::string>{});
  }
  // The check itself: a record of nothing lacks everything.
  CHECK(empty_fields({}).size() == 10);
}

/// The box of everything touches operands inside of their extents, and every element of the
/// outputs.
void check_space(const Space& space, const Call& call) {
  const Box box = whole_box(space);
  CHECK(cut_problem(space, box) == std::nullopt);
  CHECK(starts_chains(space, box));
  REQUIRE(space.inputs.size() == call.inputs.size());
  REQUIRE(space.outputs.size() == call.outputs.size());
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    REQUIRE(space.inputs[i].has_value() == call.inputs[i].has_value());
    if (!call.inputs[i]) continue;
    const Region touched = region(*space.inputs[i], box);
    REQUIRE(touched.size() == call.input(i).dims.size());
    for (size_t axis = 0; axis < touched.size(); ++axis) {
      CHECK(touched[axis].begin >= 0);
      CHECK(touched[axis].end <= call.input(i).dims[axis]);
    }
  }
  for (size_t i = 0; i < call.outputs.size(); ++i)
    CHECK(extents(region(space.outputs[i], box)) == call.output(i).dims);
}

TEST_CASE("records agree with their signatures and samples") {
  for (const OpDef* op : all_ops()) {
    CAPTURE(std::string(op->name));
    const Signature& operands = signature(*op);
    CHECK(!operands.outputs.empty());
    if (op->accumulator >= 0) {
      const Operand& accumulator = operands.inputs.at(static_cast<size_t>(op->accumulator));
      CHECK(accumulator.name == "accumulator");
      CHECK(accumulator.is_optional);
    }
    for (const Sample& sample : op->samples()) {
      REQUIRE(operands.takes(sample.inputs.size()));
      CHECK((sample.domains.empty() || sample.domains.size() == sample.inputs.size()));
      const Call call = call_of(*op, sample);
      REQUIRE(call.outputs.size() == operands.outputs.size());
      CHECK(flop(*op, call) >= 0);
      for (size_t i = 0; i < call.outputs.size(); ++i)
        CHECK(call.outputs[i].dtype == operands.outputs[i].dtype);
      if (op->is_view) CHECK(ir::element_count(call.output(0)) == ir::element_count(call.input(0)));
      if (op->space == nullptr) continue;
      check_space(op->space(call), call);
    }
  }
}

TEST_CASE("every op that users can call has an example that uses it") {
  for (const OpDef* op : all_ops()) {
    if (op->visibility != Visibility::user) continue;
    CAPTURE(std::string(op->name));
    const std::string path = fmt::format("tests/ops/{}.td", op->name);
    const std::string text = check::read_source_file(path);
    CHECK_MESSAGE(!text.empty(), "write ", path);
    const check::Checked checked = check::check_source(text);
    CHECK(checked.messages() == "");
    if (!checked.program) continue;
    bool is_used = false;
    for (const ir::Node& node : checked.program->module.graphs.at(0).nodes)
      is_used = is_used || node.op == op;
    CHECK(is_used);
  }
}

TEST_CASE("accuracy: a row with a NaN is no hit, and the rows behind it count") {
  const Tensor logits({.dims = {3, 2}}, {1, 2, std::numeric_limits<double>::quiet_NaN(), 1, 5, 3});
  const Tensor labels({.dtype = ir::DType::i32, .dims = {3}}, {1, 1, 0});
  Tensor share(ir::TensorType{});
  const ir::Attributes attributes = {{"k", int64_t{1}}};
  op("accuracy")
      .evaluate({.inputs = {&logits, &labels}, .outputs = {&share}, .attributes = attributes});
  CHECK(share.data == std::vector<double>{1.0 / 3 + 1.0 / 3});
}

}  // namespace
}  // namespace tdc::ops
