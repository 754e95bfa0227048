// Every op record is complete and says what holds.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <set>

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
  require(op.flop != nullptr, "flop");
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
  if (op.is_view) return empty;
  require(op.tile_axes != nullptr, "tile_axes");
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
      REQUIRE(sample.inputs.size() == operands.inputs.size());
      CHECK((sample.domains.empty() || sample.domains.size() == sample.inputs.size()));
      const Call call = call_of(*op, sample);
      REQUIRE(call.outputs.size() == operands.outputs.size());
      CHECK(op->flop(call) >= 0);
      for (size_t i = 0; i < call.outputs.size(); ++i)
        CHECK(call.outputs[i].dtype == operands.outputs[i].dtype);
      if (op->is_view) CHECK(ir::element_count(call.output(0)) == ir::element_count(call.input(0)));
      if (op->tile_axes == nullptr) continue;
      for (const TileAxis& tile : op->tile_axes(call)) {
        REQUIRE(tile.operand_axes.size() == call.inputs.size() + call.outputs.size());
        std::set<int64_t> extents;
        for (size_t i = 0; i < tile.operand_axes.size(); ++i) {
          if (tile.operand_axes[i] < 0) continue;
          const ir::TensorType& type =
              i < call.inputs.size() ? call.input(i) : call.output(i - call.inputs.size());
          extents.insert(type.dims.at(static_cast<size_t>(tile.operand_axes[i])));
        }
        CHECK(extents.size() == 1);
      }
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

}  // namespace
}  // namespace tdc::ops
