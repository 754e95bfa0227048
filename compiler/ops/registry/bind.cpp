#include "ops/bind.h"

#include <algorithm>
#include <utility>

#include "ops/registry.h"

namespace tdc::ops {
namespace {

/// Leaves a `bind` early, through the helpers that it is made of.
struct LayoutRefused {
  std::string why;
};

/// What of an operand a smaller box touches: narrows its layout, and gives how far it starts later.
int64_t narrow(OperandLayout& layout, const Access& access, const Box& from, const Box& to) {
  const Region before = region(access, from);
  const Region after = region(access, to);
  int64_t offset = 0;
  for (size_t i = 0; i < after.size(); ++i)
    offset += (after[i].begin - before[i].begin) * layout.stride[i];
  layout.extent = extents(after);
  return offset;
}

/// The call for one member of the list, which is the last operand of the kernel.
KernelPart member_part(const KernelCall& call, size_t list, size_t member, Box box) {
  KernelPart part = {.call = {.inputs = {},
                              .outputs = call.outputs,
                              .attributes = call.attributes,
                              .space = {.axes = call.space.axes,
                                        .merged = call.space.merged,
                                        .inputs = {},
                                        .outputs = call.space.outputs},
                              .box = std::move(box),
                              .continues = call.continues},
                     .inputs = {},
                     .outputs = {}};
  for (size_t i = 0; i <= list; ++i) {
    const size_t operand = i < list ? i : member;
    std::optional<OperandLayout> layout = call.inputs[operand];
    const int64_t offset =
        layout ? narrow(*layout, *call.space.inputs[operand], call.box, part.call.box) : 0;
    part.call.inputs.push_back(std::move(layout));
    part.call.space.inputs.push_back(call.space.inputs[operand]);
    part.inputs.push_back({operand, offset});
  }
  for (size_t i = 0; i < part.call.outputs.size(); ++i)
    part.outputs.push_back(
        {i, narrow(part.call.outputs[i], call.space.outputs[i], call.box, part.call.box)});
  return part;
}

}  // namespace

void refuse_layout(std::string why) {
  throw LayoutRefused{std::move(why)};
}

std::optional<KernelScalars> bind(const KernelDef& kernel, const KernelCall& call) {
  KernelScalars scalars;
  try {
    if (kernel.bind != nullptr) kernel.bind(call, scalars);
  } catch (const LayoutRefused&) {
    return std::nullopt;
  }
  return scalars;
}

std::vector<KernelPart> kernel_parts(const OpDef& op, const KernelCall& call) {
  std::vector<KernelPart> parts;
  if (const Signature& operands = signature(op); operands.has_list()) {
    const size_t list = operands.inputs.size() - 1;
    for (size_t i = list; i < call.inputs.size(); ++i)
      if (std::optional<Box> box = inside(*call.space.inputs[i], call.box))
        parts.push_back(member_part(call, list, i, *std::move(box)));
    return parts;
  }
  parts.push_back({.call = call, .inputs = {}, .outputs = {}});
  for (size_t i = 0; i < call.inputs.size(); ++i) parts[0].inputs.push_back({i});
  for (size_t i = 0; i < call.outputs.size(); ++i) parts[0].outputs.push_back({i});
  return parts;
}

bool is_possible(const OpDef& op, const KernelCall& call) {
  return std::ranges::all_of(kernel_parts(op, call), [&](const KernelPart& part) {
    return bind(*op.kernel, part.call).has_value();
  });
}

}  // namespace tdc::ops
