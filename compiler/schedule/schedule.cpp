#include "schedule/schedule.h"

#include "ops/bind.h"
#include "ops/registry.h"

namespace tdc::schedule {

View whole(BufferId buffer, const ir::Dims& dims) {
  return {.buffer = buffer, .offset = 0, .extent = dims, .stride = ir::dense_strides(dims)};
}

bool is_whole(const View& view, const Buffer& buffer) {
  return view == whole(view.buffer, view.extent) &&
         ir::element_count(view.extent) == ir::element_count(buffer.type);
}

View view_of(BufferId buffer, const ir::Dims& dims, const ops::Region& region) {
  View view = {.buffer = buffer,
               .offset = 0,
               .extent = ops::extents(region),
               .stride = ir::dense_strides(dims)};
  for (size_t i = 0; i < region.size(); ++i) view.offset += region[i].begin * view.stride[i];
  return view;
}

Launch piece_launch(const ops::OpDef& op, ops::Call call, ops::Box box,
                    const std::vector<BufferId>& inputs, const std::vector<BufferId>& outputs) {
  const ops::Space space = op.space(call);
  Launch launch = {.op = &op, .call = std::move(call), .box = std::move(box)};
  for (size_t i = 0; i < inputs.size(); ++i) {
    launch.inputs.emplace_back();
    if (inputs[i].is_valid())
      launch.inputs.back() = view_of(inputs[i], launch.call.input(i).dims,
                                     ops::region(space.inputs[i].value(), launch.box));
  }
  for (size_t i = 0; i < outputs.size(); ++i)
    launch.outputs.push_back(
        view_of(outputs[i], launch.call.output(i).dims, ops::region(space.outputs[i], launch.box)));
  return launch;
}

Launch whole_launch(const ops::OpDef& op, ops::Call call, const std::vector<BufferId>& inputs,
                    const std::vector<BufferId>& outputs) {
  ops::Box box = ops::whole_box(op.space(call));
  return piece_launch(op, std::move(call), std::move(box), inputs, outputs);
}

const StepContext& context_of(const Step& step) {
  return std::visit([](const auto& each) -> const StepContext& { return each.context; }, step);
}

std::optional<TicketId> started_ticket(const Step& step) {
  if (const auto* copy = std::get_if<Copy>(&step)) return copy->ticket;
  if (const auto* launch = std::get_if<Launch>(&step)) return launch->ticket;
  return std::nullopt;
}

Launch piece_of(const Launch& launch, const ops::Space& space, ops::Box box) {
  Launch piece = launch;
  const auto move = [&](View& view, const ops::Access& access) {
    const ops::Region all = ops::region(access, launch.box);
    const ops::Region part = ops::region(access, box);
    view.extent = ops::extents(part);
    for (size_t i = 0; i < part.size(); ++i)
      view.offset += (part[i].begin - all[i].begin) * view.stride[i];
  };
  for (size_t i = 0; i < piece.inputs.size(); ++i)
    if (piece.inputs[i]) move(*piece.inputs[i], space.inputs[i].value());
  for (size_t i = 0; i < piece.outputs.size(); ++i) move(piece.outputs[i], space.outputs[i]);
  piece.box = std::move(box);
  return piece;
}

const EntryPoint* find_entry_point(const Schedule& schedule, ir::GraphKind kind) {
  for (const EntryPoint& entry_point : schedule.entry_points)
    if (entry_point.kind == kind) return &entry_point;
  return nullptr;
}

int64_t flop(const Launch& launch) {
  return ops::flop(*launch.op, launch.op->space(launch.call), launch.box);
}

ops::KernelCall kernel_call(const Launch& launch) {
  const auto layout = [](const View& view) {
    return ops::OperandLayout{.extent = view.extent, .stride = view.stride};
  };
  ops::KernelCall call = {.inputs = {},
                          .outputs = {},
                          .attributes = launch.call.attributes,
                          .space = launch.op->space(launch.call),
                          .box = launch.box};
  const int accumulator = launch.op->accumulator;
  call.continues = !ops::starts_chains(call.space, call.box) ||
                   (accumulator >= 0 && launch.inputs[static_cast<size_t>(accumulator)]);
  for (const auto& input : launch.inputs)
    call.inputs.push_back(input ? std::optional(layout(*input)) : std::nullopt);
  for (const View& output : launch.outputs) call.outputs.push_back(layout(output));
  return call;
}

bool can_call(const Launch& launch) {
  return std::ranges::all_of(ops::kernel_parts(*launch.op, kernel_call(launch)),
                             [&](const ops::KernelPart& part) {
                               return ops::bind(*launch.op->kernel, part.call).has_value();
                             });
}

size_t kernel_call_count(const Launch& launch) {
  if (!ops::signature(*launch.op).has_list()) return 1;
  return ops::kernel_parts(*launch.op, kernel_call(launch)).size();
}

}  // namespace tdc::schedule
