#include "ops/registry.h"

#include <array>
#include <map>

#include "ir/ir.h"
#include "support/check.h"

namespace tdc::ops {

// The build generates the list from the files in this folder.
#define TDC_OP_FAMILY(name) extern const OpFamily name##_family;
#include "op_families.inc"
#undef TDC_OP_FAMILY

std::span<const OpFamily* const> all_families() {
#define TDC_OP_FAMILY(name) &name##_family,
  static const std::array families = {
#include "op_families.inc"
  };
#undef TDC_OP_FAMILY
  return families;
}

const std::vector<const OpDef*>& all_ops() {
  static const std::vector<const OpDef*> ops = [] {
    std::vector<const OpDef*> result;
    for (const OpFamily* family : all_families())
      for (const OpDef& op : family->ops) result.push_back(&op);
    return result;
  }();
  return ops;
}

const OpDef* find_op(std::string_view name) {
  static const std::map<std::string_view, const OpDef*> by_name = [] {
    std::map<std::string_view, const OpDef*> result;
    for (const OpDef* op : all_ops())
      TDC_CHECK(result.emplace(op->name, op).second, "two ops are called `{}`", op->name);
    return result;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

const OpDef& op(std::string_view name) {
  const OpDef* found = find_op(name);
  TDC_CHECK(found != nullptr, "no op is called `{}`", name);
  return *found;
}

const ir::TensorType& Call::input(size_t index) const {
  TDC_CHECK(index < inputs.size() && inputs[index].has_value(), "operand {} is absent", index);
  return *inputs[index];
}

ir::Attributes complete_attributes(const OpDef& op, ir::Attributes attributes) {
  for (const AttributeDef& attribute : op.attributes) {
    if (attributes.has(attribute.name)) continue;
    TDC_CHECK(attribute.default_value.has_value(), "`{}` needs `{}`", op.name, attribute.name);
    attributes.set(attribute.name, *attribute.default_value);
  }
  return attributes;
}

int64_t flop(const OpDef& op, const Space& space, const Box& box) {
  switch (op.work.value()) {
    case Work::none:
      return 0;
    case Work::outputs:
      return output_elements(space, box);
    case Work::points:
      return 2 * points(space, box);
  }
  return 0;
}

int64_t flop(const OpDef& op, const Call& call) {
  if (op.work == Work::none || op.space == nullptr) return 0;
  const Space space = op.space(call);
  return flop(op, space, whole_box(space));
}

int64_t gathered_elements(const OpDef& op, const Space& space, const Box& box) {
  if (!op.kernel || !op.kernel->gathered) return 0;
  std::vector<bool> is_gathered(space.axes.size(), false);
  for (const Reach& reach : space.inputs.at(*op.kernel->gathered).value().dims)
    for (const Reach::Term& term : reach.terms) is_gathered[term.axis] = true;
  int64_t elements = 1;
  for (size_t axis = 0; axis < box.size(); ++axis)
    if (is_gathered[axis]) elements *= box[axis].extent();
  return elements;
}

Call call_of(const ir::Graph& graph, const ir::Node& node) {
  Call call = {.inputs = {}, .outputs = {}, .attributes = node.attributes};
  for (const ir::ValueId input : node.inputs)
    call.inputs.push_back(input.is_valid() ? std::optional(graph.type(input)) : std::nullopt);
  for (const ir::ValueId output : node.outputs) call.outputs.push_back(graph.type(output));
  return call;
}

}  // namespace tdc::ops
