#include "schedule/order.h"

#include <algorithm>
#include <set>

#include "ops/op.h"

namespace tdc::schedule {
namespace {

using ir::NodeId;
using ir::ValueId;

const ir::Read* find_read(const ir::Graph& graph, ir::VariableId variable) {
  for (const ir::Read& read : graph.reads)
    if (read.variable == variable) return &read;
  return nullptr;
}

/// Nodes that read the value's memory, views of it included (views themselves read nothing).
std::vector<NodeId> readers_of(const ir::Graph& graph, ValueId root) {
  std::vector<NodeId> readers;
  for (const NodeId id : graph.nodes.ids()) {
    const ir::Node& node = graph.nodes[id];
    if (node.op->is_view) continue;
    const bool reads = std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
      return input.is_valid() && storage_root(graph, input) == root;
    });
    if (reads) readers.push_back(id);
  }
  return readers;
}

/// Whether `node` is `from` or depends on it.
bool depends_on(const ir::Graph& graph, NodeId node, NodeId from) {
  std::vector<char> is_reached(graph.nodes.size(), 0);
  is_reached[from.index] = 1;
  for (uint32_t i = from.index + 1; i <= node.index && i < graph.nodes.size(); ++i)
    for (const ValueId input : graph.nodes[NodeId{i}].inputs) {
      if (!input.is_valid()) continue;
      const NodeId producer = graph.values[input].producer;
      if (producer.is_valid() && is_reached[producer.index] != 0) is_reached[i] = 1;
    }
  return node.index >= from.index && is_reached[node.index] != 0;
}

bool allows_update(const ir::Node& node, size_t operand) {
  if (node.op->accumulator == static_cast<int>(operand)) return true;
  return std::find(node.op->in_place.begin(), node.op->in_place.end(),
                   std::pair(static_cast<int>(operand), 0)) != node.op->in_place.end();
}

/// How much memory a value takes; views and absent producers (inputs, variables) take none.
int64_t own_bytes(const ir::Graph& graph, ValueId value) {
  const NodeId producer = graph.values[value].producer;
  if (!producer.is_valid() || graph.nodes[producer].op->is_view) return 0;
  return ir::byte_size(graph.type(value)).count;
}

class Orderer {
 public:
  explicit Orderer(const ir::Graph& graph) : graph_(graph) {
    missing_.resize(graph.nodes.size());
    successors_.resize(graph.nodes.size());
    uses_left_.resize(graph.values.size());
    for (const NodeId id : graph.nodes.ids()) {
      const ir::Node& node = graph.nodes[id];
      for (const ValueId input : distinct_roots(node)) ++uses_left_[input];
      for (const ValueId input : node.inputs)
        if (input.is_valid() && graph.values[input].producer.is_valid())
          add_edge(graph.values[input].producer, id);
    }
    for (const ir::Output& output : graph.outputs) ++uses_left_[storage_root(graph, output.value)];
    for (const ir::Write& write : graph.writes) {
      const ValueId root = storage_root(graph, write.value);
      ++uses_left_[root];
      if (!updates_in_place(graph, write)) continue;
      written_.insert(root);
      const ir::Read* read = find_read(graph, write.variable);
      if (read == nullptr) continue;
      const NodeId maker = graph.values[root].producer;
      for (const NodeId reader : readers_of(graph, read->value))
        if (reader != maker) add_edge(reader, maker);
    }
  }

  std::vector<NodeId> run() {
    std::set<NodeId> ready;
    for (const NodeId id : graph_.nodes.ids())
      if (missing_[id] == 0) ready.insert(id);
    std::vector<NodeId> order;
    while (!ready.empty()) {
      auto chosen = std::find_if(ready.begin(), ready.end(),
                                 [&](NodeId id) { return is_early(id) && growth(id) <= 0; });
      if (chosen == ready.end()) chosen = ready.begin();
      const NodeId id = *chosen;
      ready.erase(chosen);
      order.push_back(id);
      for (const ValueId root : distinct_roots(graph_.nodes[id])) --uses_left_[root];
      for (const NodeId successor : successors_[id])
        if (--missing_[successor] == 0) ready.insert(successor);
    }
    TDC_CHECK(order.size() == graph_.nodes.size(), "order of `{}` has a cycle", graph_.name);
    return order;
  }

 private:
  void add_edge(NodeId from, NodeId to) {
    successors_[from].push_back(to);
    ++missing_[to];
  }

  std::vector<ValueId> distinct_roots(const ir::Node& node) const {
    std::set<ValueId> roots;
    if (!node.op->is_view)
      for (const ValueId input : node.inputs)
        if (input.is_valid()) roots.insert(storage_root(graph_, input));
    return {roots.begin(), roots.end()};
  }

  /// Only work of the update and backward phases moves ahead of the graph's order.
  bool is_early(NodeId id) const { return graph_.nodes[id].phase >= ir::Phase::backward; }

  /// Bytes that running the node adds to what is live, once it is done.
  int64_t growth(NodeId id) const {
    const ir::Node& node = graph_.nodes[id];
    int64_t bytes = 0;
    for (const ValueId output : node.outputs)
      if (!written_.contains(output)) bytes += own_bytes(graph_, output);
    for (const ValueId root : distinct_roots(node))
      if (uses_left_[root] == 1) bytes -= own_bytes(graph_, root);
    return bytes;
  }

  const ir::Graph& graph_;
  IdVector<NodeId, int> missing_;
  IdVector<NodeId, std::vector<NodeId>> successors_;
  IdVector<ValueId, int> uses_left_;
  std::set<ValueId> written_;  // values made in a variable's memory
};

}  // namespace

ValueId storage_root(const ir::Graph& graph, ValueId value) {
  while (true) {
    const NodeId producer = graph.values[value].producer;
    if (!producer.is_valid() || !graph.nodes[producer].op->is_view) return value;
    value = graph.nodes[producer].inputs.at(0);
  }
}

bool updates_in_place(const ir::Graph& graph, const ir::Write& write) {
  const ValueId root = storage_root(graph, write.value);
  const NodeId maker = graph.values[root].producer;
  if (!maker.is_valid()) return false;
  const ir::Read* read = find_read(graph, write.variable);
  if (read == nullptr) return true;
  const ir::Node& node = graph.nodes[maker];
  for (size_t i = 0; i < node.inputs.size(); ++i)
    if (node.inputs[i].is_valid() && storage_root(graph, node.inputs[i]) == read->value &&
        !allows_update(node, i))
      return false;
  const std::vector<NodeId> readers = readers_of(graph, read->value);
  return std::none_of(readers.begin(), readers.end(), [&](NodeId reader) {
    return reader != maker && depends_on(graph, reader, maker);
  });
}

std::vector<NodeId> order_nodes(const ir::Graph& graph) {
  return Orderer(graph).run();
}

}  // namespace tdc::schedule
