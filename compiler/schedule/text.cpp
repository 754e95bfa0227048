#include "schedule/text.h"

#include <fmt/format.h>

#include "schedule/loops.h"
#include "support/check.h"

namespace tdc::schedule {
namespace {

std::string_view to_text(BufferKind kind) {
  switch (kind) {
    case BufferKind::temporary:
      return "temporary";
    case BufferKind::variable:
      return "variable";
    case BufferKind::constant:
      return "constant";
    case BufferKind::argument:
      return "argument";
  }
  TDC_CHECK(false, "kind {}", static_cast<int>(kind));
  return {};
}

std::string to_text(ir::ValueId value) {
  return value.is_valid() ? fmt::format(" %{}", value.index) : "";
}

std::string to_text(const ir::Attributes& attributes) {
  std::string text;
  for (const auto& [name, value] : attributes)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, ir::to_text(value));
  return text.empty() ? text : fmt::format(" {{{}}}", text);
}

class Writer {
 public:
  Writer(const Schedule& schedule, const chip::Chip& chip) : schedule_(schedule), chip_(chip) {}

  std::string write() {
    text_ += "variables\n";
    for (const ir::VariableId id : schedule_.variables.ids()) {
      const ir::Variable& variable = schedule_.variables[id];
      text_ +=
          fmt::format("  v{} {}: {}, {}{}\n", id.index, variable.path, ir::to_text(variable.type),
                      ir::to_text(variable.kind), variable.is_trained ? ", trained" : "");
    }
    text_ += "buffers\n";
    for (const BufferId id : schedule_.buffers.ids()) write_buffer(id);
    for (const EntryPoint& entry : schedule_.entry_points) write_entry(entry);
    return std::move(text_);
  }

 private:
  void write_buffer(BufferId id) {
    const Buffer& buffer = schedule_.buffers[id];
    text_ += fmt::format("  b{} {}: {}, {}", id.index, buffer.name, ir::to_text(buffer.type),
                         to_text(buffer.kind));
    if (buffer.variable) text_ += fmt::format(" v{}", buffer.variable->index);
    if (buffer.level.is_valid()) text_ += fmt::format(", {}", chip_.levels[buffer.level].name);
    if (buffer.alias) text_ += fmt::format(", in the memory of b{}", buffer.alias->of.index);
    text_ += "\n";
  }

  void write_entry(const EntryPoint& entry) {
    std::string inputs, outputs;
    for (const Argument& argument : entry.arguments) {
      std::string& list = argument.is_output ? outputs : inputs;
      list += fmt::format("{}{}: b{}{}", list.empty() ? "" : ", ", argument.name,
                          argument.buffer.index, to_text(argument.value));
    }
    text_ += fmt::format("entry point {}({}) -> ({}), batch {}\n", entry.name, inputs, outputs,
                         entry.batch);
    for (const ir::Read& read : entry.reads)
      text_ += fmt::format("  reads v{}{}\n", read.variable.index, to_text(read.value));
    for (const ir::Write& write : entry.writes)
      text_ += fmt::format("  writes v{}{}\n", write.variable.index, to_text(write.value));
    for (const ViewNode& node : entry.view_nodes) write_view_node(node);
    const std::vector<int64_t> numbers = step_numbers(entry, tick_);
    tick_ += count_numbers(entry);
    for (size_t i = 0; i < entry.steps.size(); ++i) {
      const Step& step = entry.steps[i];
      text_ += fmt::format("  {} ", numbers[i]);
      if (const auto* launch = std::get_if<Launch>(&step)) {
        write_launch(*launch);
      } else if (const auto* copy = std::get_if<Copy>(&step)) {
        text_ += fmt::format("copy {} -> {}", schedule::to_text(copy->from, schedule_),
                             schedule::to_text(copy->to, schedule_));
        if (copy->ticket) text_ += fmt::format(" as t{}", copy->ticket->index);
      } else if (const auto* wait = std::get_if<Wait>(&step)) {
        text_ += fmt::format("wait t{}", wait->ticket.index);
      }
      if (const std::optional<LoopTurn> turn = loop_turn(step))
        text_ += fmt::format(" ; turn {} of loop {}", turn->turn, turn->loop.index);
      text_ += "\n";
    }
  }

  void write_view_node(const ViewNode& node) {
    std::string inputs;
    for (const ir::ValueId input : node.inputs)
      inputs += fmt::format("{}%{}", inputs.empty() ? "" : ", ", input.index);
    std::string parts;
    for (const ops::Box& box : node.boxes) {
      parts += parts.empty() ? ", in " : " and ";
      for (size_t i = 0; i < box.size(); ++i)
        parts += fmt::format("{}{}..{}", i == 0 ? "[" : ", ", box[i].begin, box[i].end);
      parts += "]";
    }
    text_ += fmt::format("  view %{} = {}({}){}{}\n", node.output.index, node.op->name, inputs,
                         to_text(node.call.attributes), parts);
  }

  void write_launch(const Launch& launch) {
    std::string inputs, outputs;
    for (size_t i = 0; i < launch.inputs.size(); ++i) {
      if (i > 0) inputs += ", ";
      inputs += launch.inputs[i] ? schedule::to_text(*launch.inputs[i], schedule_) +
                                       to_text(launch.input_values.at(i))
                                 : "-";
    }
    for (size_t i = 0; i < launch.outputs.size(); ++i)
      outputs += fmt::format("{}{}{}", outputs.empty() ? "" : ", ",
                             schedule::to_text(launch.outputs[i], schedule_),
                             to_text(launch.output_values.at(i)));
    text_ += fmt::format("{}: {}({}) -> {}{}{}", ir::to_text(launch.context.phase), launch.op->name,
                         inputs, outputs, to_text(launch.call.attributes),
                         launch.is_on_engine ? " on the engine" : "");
    if (launch.ticket) text_ += fmt::format(" as t{}", launch.ticket->index);
  }

  const Schedule& schedule_;
  const chip::Chip& chip_;
  std::string text_;
  int64_t tick_ = 0;
};

}  // namespace

std::string label(const Step& step) {
  if (const auto* launch = std::get_if<Launch>(&step))
    return launch->label.empty() ? std::string(launch->op->name) : launch->label;
  if (std::holds_alternative<Copy>(step)) return "copy";
  return "wait";
}

std::string to_text(const View& view, const Schedule& schedule) {
  const ir::Dims& dims = schedule.buffers[view.buffer].type.dims;
  const std::string name = fmt::format("b{}", view.buffer.index);
  if (view == whole(view.buffer, dims)) return name;
  if (is_whole(view, schedule.buffers[view.buffer])) return name + ir::to_text(view.extent);
  return fmt::format("{}{} from {} stride {}", name, ir::to_text(view.extent), view.offset,
                     ir::to_text(view.stride));
}

std::string to_text(const Schedule& schedule, const chip::Chip& chip) {
  return Writer(schedule, chip).write();
}

}  // namespace tdc::schedule
