#include "schedule/lower.h"

#include <algorithm>
#include <map>
#include <set>

#include "ops/registry.h"
#include "schedule/order.h"
#include "support/check.h"

// Values become buffers here. A view shares its source's buffer, so the unit is the storage root
// (`storage_roots`): the value that a chain of views starts from.
//
//     h = matmul(x, w)      buffer 0
//     r = reshape(h)        buffer 0 under another shape
//     y = relu(r)           buffer 1

namespace tdc::schedule {
namespace {

using ir::NodeId;
using ir::ValueId;

class GraphLowering {
 public:
  GraphLowering(const ir::Graph& graph, const chip::Chip& chip,
                const IdVector<ir::VariableId, BufferId>& variables, Schedule& schedule)
      : graph_(graph),
        chip_(chip),
        variables_(variables),
        schedule_(schedule),
        roots_(storage_roots(graph)) {
    buffers_.resize(graph.values.size());
  }

  EntryPoint run() {
    entry_.kind = graph_.kind;
    entry_.name = graph_.name;
    entry_.batch = graph_.batch;
    entry_.reads = graph_.reads;
    entry_.writes = graph_.writes;
    bind_inputs();
    bind_writes();
    bind_outputs();
    save_old_versions();
    for (const NodeId id : order_nodes(graph_)) {
      const ir::Node& node = graph_.nodes[id];
      if (node.op->is_view)
        entry_.view_nodes.push_back({.op = node.op,
                                     .call = ops::call_of(graph_, node),
                                     .inputs = node.inputs,
                                     .output = node.outputs[0]});
      else
        lower_node(id);
    }
    for (const FinalCopy& copy : copies_)
      add_copy(copy.to, copy.saved.is_valid() ? copy.saved : buffer_of(copy.value),
               graph_.type(copy.value).dims);
    return std::move(entry_);
  }

 private:
  /// Brings a result or a new version to its place when everything has run.
  struct FinalCopy {
    BufferId to;
    ValueId value;
    BufferId saved = {};  ///< where the value was saved at the start, if its own memory is updated
  };

  ValueId root(ValueId value) const { return roots_[value]; }

  BufferId buffer_of(ValueId value) const {
    const BufferId buffer = buffers_[root(value)];
    TDC_CHECK(buffer.is_valid(), "value {} has no buffer", value.index);
    return buffer;
  }

  BufferId add_argument(const std::string& name, ValueId value) {
    return schedule_.buffers.push_back({.type = graph_.type(value),
                                        .kind = BufferKind::argument,
                                        .level = {},
                                        .variable = std::nullopt,
                                        .alias = std::nullopt,
                                        .name = name,
                                        .origin = graph_.values[value].origin});
  }

  void bind_inputs() {
    for (const ir::Input& input : graph_.inputs) {
      const BufferId buffer = add_argument(input.name, input.value);
      buffers_[input.value] = buffer;
      entry_.arguments.push_back({.name = input.name,
                                  .buffer = buffer,
                                  .value = input.value,
                                  .is_output = false,
                                  .input_kind = input.kind,
                                  .classes = input.classes});
    }
    for (const ir::Read& read : graph_.reads) buffers_[read.value] = variables_[read.variable];
  }

  /// Whether the value's memory can be chosen here: made by a node, and not chosen already.
  bool is_free(ValueId value) const {
    const ValueId storage = root(value);
    return graph_.values[storage].producer.is_valid() && !buffers_[storage].is_valid();
  }

  void bind_writes() {
    const std::vector<std::vector<NodeId>> updates = in_place_updates(graph_);
    for (size_t i = 0; i < graph_.writes.size(); ++i) {
      const ir::Write& write = graph_.writes[i];
      const BufferId version = add_version(variables_[write.variable]);
      for (const NodeId id : updates[i]) buffers_[graph_.nodes[id].outputs[0]] = version;
      if (updates[i].empty()) copies_.push_back({.to = version, .value = write.value});
    }
  }

  /// Version 1 of a variable is a buffer of its own in the memory of version 0, so that the
  /// validator can tell a read of the old version from one of the new.
  BufferId add_version(BufferId variable) {
    Buffer version = schedule_.buffers[variable];
    version.alias = Alias{variable};
    version.name += "'";
    return schedule_.buffers.push_back(std::move(version));
  }

  void bind_outputs() {
    for (const ir::Output& output : graph_.outputs) {
      const BufferId buffer = add_argument(output.name, output.value);
      entry_.arguments.push_back({.name = output.name,
                                  .buffer = buffer,
                                  .value = output.value,
                                  .is_output = true,
                                  .output_kind = output.kind});
      if (is_free(output.value))
        buffers_[root(output.value)] = buffer;
      else
        copies_.push_back({.to = buffer, .value = output.value});
    }
  }

  /// An old version that is a result or becomes another variable's new version is saved at the
  /// start: at the end its memory holds the new version.
  void save_old_versions() {
    std::set<ir::VariableId> written;
    for (const ir::Write& write : graph_.writes) written.insert(write.variable);
    std::map<ValueId, ir::VariableId> old_versions;
    for (const ir::Read& read : graph_.reads)
      if (written.contains(read.variable)) old_versions.emplace(read.value, read.variable);
    for (FinalCopy& copy : copies_) {
      const auto found = old_versions.find(root(copy.value));
      if (found == old_versions.end()) continue;
      const ir::VariableId variable = found->second;
      const ir::Value& value = graph_.values[copy.value];
      copy.saved =
          add_temporary(value.type, "old " + schedule_.variables[variable].path, value.origin);
      add_copy(copy.saved, variables_[variable], value.type.dims);
    }
  }

  void add_copy(BufferId to, BufferId from, const ir::Dims& dims) {
    entry_.steps.emplace_back(
        Copy{.to = whole(to, dims), .from = whole(from, dims), .ticket = std::nullopt});
  }

  BufferId add_temporary(const ir::TensorType& type, std::string name, SourceRange origin) {
    return schedule_.buffers.push_back({.type = type,
                                        .kind = BufferKind::temporary,
                                        .level = chip_.tensors,
                                        .variable = std::nullopt,
                                        .alias = std::nullopt,
                                        .name = std::move(name),
                                        .origin = origin});
  }

  void lower_node(NodeId id) {
    const ir::Node& node = graph_.nodes[id];
    continue_accumulator(node);
    std::vector<BufferId> inputs, outputs;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId input = node.inputs[i];
      const bool is_continued = static_cast<int>(i) == node.op->accumulator;
      inputs.push_back(!input.is_valid() ? BufferId{}
                       : is_continued    ? buffers_[node.outputs[0]]
                                         : buffer_of(input));
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId output = node.outputs[i];
      if (!buffers_[output].is_valid()) {
        buffers_[output] =
            add_temporary(graph_.type(output), label(node), graph_.values[output].origin);
      }
      outputs.push_back(buffers_[output]);
    }
    Launch launch = whole_launch(*node.op, ops::call_of(graph_, node), inputs, outputs);
    launch.from = id;
    launch.input_values = node.inputs;
    launch.output_values = node.outputs;
    launch.label = label(node);
    launch.context = context_for(node);
    entry_.steps.emplace_back(std::move(launch));
  }

  /// The buffer at the end of the chain of aliases, which has one link: variables have versions,
  /// nothing else is an alias here.
  BufferId storage(BufferId buffer) const {
    while (schedule_.buffers[buffer].alias) buffer = schedule_.buffers[buffer].alias->of;
    return buffer;
  }

  /// A sum that continues another stands in the same memory: the earlier sum is copied there first,
  /// if it is not there already.
  void continue_accumulator(const ir::Node& node) {
    if (node.op->accumulator < 0) return;
    const ValueId accumulator = node.inputs.at(static_cast<size_t>(node.op->accumulator));
    if (!accumulator.is_valid()) return;
    const ValueId output = node.outputs[0];
    const BufferId from = buffer_of(accumulator);
    if (!buffers_[output].is_valid())
      buffers_[output] =
          add_temporary(graph_.type(output), label(node), graph_.values[output].origin);
    if (storage(buffers_[output]) == storage(from)) return;
    add_copy(buffers_[output], from, graph_.type(output).dims);
    std::get<Copy>(entry_.steps.back()).context = context_for(node);
  }

  static StepContext context_for(const ir::Node& node) {
    return {.phase = node.phase, .origin = node.origin, .turns = node.turns, .loop_turn = {}};
  }

  /// What people see: the value's own name, or the op's.
  std::string label(const ir::Node& node) const {
    const std::string& name = graph_.values[node.outputs.at(0)].name;
    return name.empty() ? std::string(node.op->name) : name;
  }

  const ir::Graph& graph_;
  const chip::Chip& chip_;
  const IdVector<ir::VariableId, BufferId>& variables_;
  Schedule& schedule_;
  const IdVector<ValueId, ValueId> roots_;
  EntryPoint entry_;
  IdVector<ValueId, BufferId> buffers_;  // of storage roots
  std::vector<FinalCopy> copies_;
};

}  // namespace

Schedule lower(const ir::Module& module, const chip::Chip& chip) {
  Schedule schedule = {.variables = module.variables,
                       .repeats = module.repeats,
                       .buffers = {},
                       .loops = {},
                       .entry_points = {}};
  std::set<ir::VariableId> written;
  for (const ir::Graph& graph : module.graphs)
    for (const ir::Write& write : graph.writes) written.insert(write.variable);
  IdVector<ir::VariableId, BufferId> variables;
  for (const ir::VariableId id : module.variables.ids()) {
    const ir::Variable& variable = module.variables[id];
    const bool is_written = written.contains(id);
    variables.push_back(schedule.buffers.push_back(
        {.type = variable.type,
         .kind = is_written ? BufferKind::variable : BufferKind::constant,
         .level = is_written ? chip.tensors : chip.constants,
         .variable = id,
         .alias = std::nullopt,
         .name = variable.path,
         .origin = variable.origin}));
  }
  for (const ir::Graph& graph : module.graphs)
    schedule.entry_points.push_back(GraphLowering(graph, chip, variables, schedule).run());
  return schedule;
}

}  // namespace tdc::schedule
