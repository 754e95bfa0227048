#include "graph/rewrite.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "ops/op.h"
#include "support/check.h"

namespace tdc::graph {
namespace {

/// What `value` is the transpose of, if a node swaps its last two axes and does nothing else.
std::optional<ir::ValueId> transposed_source(const ir::Graph& graph, ir::ValueId value) {
  const ir::NodeId producer = graph.values[value].producer;
  if (!producer.is_valid()) return std::nullopt;
  const ir::Node& node = graph.nodes[producer];
  if (!node.op->is_permutation) return std::nullopt;
  if (node.attributes.integers("axes") != std::vector<int64_t>{1, 0}) return std::nullopt;
  return node.inputs[0];
}

}  // namespace

void fold_transposes(const ir::Graph& graph, ir::Node& node) {
  constexpr std::array kFlags = {"transpose_a", "transpose_b"};
  for (size_t operand = 0; operand < kFlags.size(); ++operand) {
    if (!node.attributes.has(kFlags[operand])) continue;
    const std::optional<ir::ValueId> source = transposed_source(graph, node.inputs[operand]);
    if (!source) continue;
    node.inputs[operand] = *source;
    node.attributes.set(kFlags[operand], !node.attributes.boolean(kFlags[operand]));
  }
}

void Replacements::apply(ir::Node& node) const {
  for (ir::ValueId& input : node.inputs) input = of(input);
}

void Replacements::apply(ir::Graph& graph) const {
  for (const ir::NodeId id : graph.nodes.ids())
    for (ir::ValueId& input : graph.nodes[id].inputs)
      if (const ir::ValueId to = of(input); to != input && graph.values[to].producer != id)
        input = to;
  for (ir::Output& output : graph.outputs) output.value = of(output.value);
  for (ir::Write& write : graph.writes) write.value = of(write.value);
}

void set_turns(ir::Graph& graph, ir::NodeId first, const std::vector<ir::Turn>& turns) {
  for (ir::NodeId id = first; id.index < graph.nodes.size(); ++id.index)
    graph.nodes[id].turns = turns;
}

std::vector<ir::Turn> common_turns(const std::vector<ir::Turn>& a, const std::vector<ir::Turn>& b) {
  const auto is_same = [](const ir::Turn& one, const ir::Turn& other) {
    return one.repeat == other.repeat && one.turn == other.turn;
  };
  return {a.begin(), std::mismatch(a.begin(), a.end(), b.begin(), b.end(), is_same).first};
}

void sort_topologically(ir::Graph& graph) {
  // Kahn's algorithm with the lowest ready node first.
  IdVector<ir::NodeId, int> missing;
  missing.resize(graph.nodes.size());
  IdVector<ir::NodeId, std::vector<ir::NodeId>> consumers;
  consumers.resize(graph.nodes.size());
  std::set<ir::NodeId> ready;
  for (const ir::NodeId id : graph.nodes.ids()) {
    for (const ir::ValueId input : graph.nodes[id].inputs) {
      if (!input.is_valid()) continue;
      const ir::NodeId producer = graph.values[input].producer;
      if (!producer.is_valid()) continue;
      consumers[producer].push_back(id);
      ++missing[id];
    }
    if (missing[id] == 0) ready.insert(id);
  }
  IdVector<ir::NodeId, ir::Node> sorted;
  IdVector<ir::NodeId, ir::NodeId> new_ids;
  new_ids.resize(graph.nodes.size());
  while (!ready.empty()) {
    const ir::NodeId id = *ready.begin();
    ready.erase(ready.begin());
    for (const ir::NodeId consumer : consumers[id])
      if (--missing[consumer] == 0) ready.insert(consumer);
    new_ids[id] = sorted.push_back(std::move(graph.nodes[id]));
  }
  TDC_CHECK(sorted.size() == graph.nodes.size(), "graph `{}` has a cycle", graph.name);
  graph.nodes = std::move(sorted);
  for (ir::Value& value : graph.values)
    if (value.producer.is_valid()) value.producer = new_ids[value.producer];
}

std::vector<bool> computed_from(const ir::Graph& graph, std::vector<bool> marks) {
  for (const ir::Node& node : graph.nodes) {
    const bool any = std::any_of(node.inputs.begin(), node.inputs.end(), [&](ir::ValueId input) {
      return input.is_valid() && marks[input.index];
    });
    for (size_t i = 0; i < node.outputs.size(); ++i)
      marks[node.outputs[i].index] = any && !node.op->is_of_batch(i);
  }
  return marks;
}

IdVector<ir::NodeId, char> live_nodes(const ir::Graph& graph) {
  IdVector<ir::NodeId, char> is_live;
  is_live.resize(graph.nodes.size());
  const auto mark = [&](ir::ValueId value) {
    if (!value.is_valid()) return;
    if (const ir::NodeId producer = graph.values[value].producer; producer.is_valid())
      is_live[producer] = 1;
  };
  for (const ir::Output& output : graph.outputs) mark(output.value);
  for (const ir::Write& write : graph.writes) mark(write.value);
  for (uint32_t i = static_cast<uint32_t>(graph.nodes.size()); i-- > 0;)
    if (is_live[ir::NodeId{i}] != 0)
      for (const ir::ValueId input : graph.nodes[ir::NodeId{i}].inputs) mark(input);
  return is_live;
}

void remove_dead(ir::Graph& graph) {
  const IdVector<ir::NodeId, char> is_live_node = live_nodes(graph);
  std::vector<bool> is_live_value(graph.values.size(), false);
  const auto mark = [&](ir::ValueId value) {
    if (value.is_valid()) is_live_value[value.index] = true;
  };
  for (const ir::Input& input : graph.inputs) mark(input.value);
  for (const ir::Output& output : graph.outputs) mark(output.value);
  std::set<ir::VariableId> written;
  for (const ir::Write& write : graph.writes) {
    mark(write.value);
    written.insert(write.variable);
  }
  for (const ir::Read& read : graph.reads)
    if (written.contains(read.variable)) mark(read.value);
  for (const ir::NodeId id : graph.nodes.ids()) {
    if (is_live_node[id] == 0) continue;
    for (const ir::ValueId output : graph.nodes[id].outputs) mark(output);
    for (const ir::ValueId input : graph.nodes[id].inputs) mark(input);
  }

  IdVector<ir::ValueId, ir::Value> values;
  IdVector<ir::NodeId, ir::Node> nodes;
  std::vector<ir::ValueId> new_values(graph.values.size());
  std::vector<ir::NodeId> new_nodes(graph.nodes.size());
  for (const ir::ValueId id : graph.values.ids())
    if (is_live_value[id.index])
      new_values[id.index] = values.push_back(std::move(graph.values[id]));
  for (const ir::NodeId id : graph.nodes.ids())
    if (is_live_node[id] != 0) new_nodes[id.index] = nodes.push_back(std::move(graph.nodes[id]));
  const auto renumber = [&](ir::ValueId& value) {
    if (value.is_valid()) value = new_values[value.index];
  };
  for (ir::Value& value : values)
    if (value.producer.is_valid()) value.producer = new_nodes[value.producer.index];
  for (ir::Node& node : nodes) {
    for (ir::ValueId& input : node.inputs) renumber(input);
    for (ir::ValueId& output : node.outputs) renumber(output);
  }
  std::erase_if(graph.reads,
                [&](const ir::Read& read) { return !is_live_value[read.value.index]; });
  for (ir::Read& read : graph.reads) renumber(read.value);
  for (ir::Write& write : graph.writes) renumber(write.value);
  for (ir::Input& input : graph.inputs) renumber(input.value);
  for (ir::Output& output : graph.outputs) renumber(output.value);
  graph.values = std::move(values);
  graph.nodes = std::move(nodes);
}

}  // namespace tdc::graph
