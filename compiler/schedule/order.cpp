#include "schedule/order.h"

#include <algorithm>
#include <set>

#include "ops/op.h"
#include "support/check.h"

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

/// Decides which updates are made in place.
class UpdatePlacer {
 public:
  explicit UpdatePlacer(const ir::Graph& graph) : graph_(graph) {
    successors_.resize(graph.nodes.size());
    use_count_.resize(graph.values.size());
    is_taken_.resize(graph.nodes.size());
    for (const NodeId id : graph.nodes.ids())
      for (const ValueId input : graph.nodes[id].inputs) {
        if (!input.is_valid()) continue;
        if (!graph.nodes[id].op->is_view) ++use_count_[storage_root(graph, input)];
        const NodeId producer = graph.values[input].producer;
        if (producer.is_valid()) successors_[producer].push_back(id);
      }
    for (const ir::Output& output : graph.outputs) ++use_count_[storage_root(graph, output.value)];
    for (const ir::Write& write : graph.writes) ++use_count_[storage_root(graph, write.value)];
  }

  std::vector<std::vector<NodeId>> run() {
    std::vector<std::vector<NodeId>> updates;
    for (const ir::Write& write : graph_.writes) updates.push_back(place(write));
    return updates;
  }

 private:
  std::vector<NodeId> place(const ir::Write& write) {
    const ValueId root = storage_root(graph_, write.value);
    if (!graph_.values[root].producer.is_valid()) return {};
    std::vector<NodeId> chain = sums_up_to(root);
    while (!chain.empty() && !try_chain(write, chain)) chain.erase(chain.begin());
    return chain;
  }

  /// The node that makes `value`, before it the one whose sum it continues, and so on, as long as
  /// nobody else uses the earlier sum.
  std::vector<NodeId> sums_up_to(ValueId value) const {
    std::vector<NodeId> chain = {graph_.values[value].producer};
    while (true) {
      const ir::Node& node = graph_.nodes[chain.front()];
      if (node.op->accumulator < 0 || node.outputs[0] != value) return chain;
      const ValueId sum = node.inputs.at(static_cast<size_t>(node.op->accumulator));
      if (!sum.is_valid()) return chain;
      value = storage_root(graph_, sum);
      if (!graph_.values[value].producer.is_valid() || use_count_[value] != 1) return chain;
      chain.insert(chain.begin(), graph_.values[value].producer);
    }
  }

  /// Whether the chain can stand in the variable's memory; if so, takes down the order it needs.
  bool try_chain(const ir::Write& write, const std::vector<NodeId>& chain) {
    const NodeId front = chain.front();
    for (const NodeId id : chain)
      if (is_taken_[id] != 0) return false;
    const ir::Read* read = find_read(graph_, write.variable);
    if (read != nullptr) {
      if (!may_overwrite(front, read->value)) return false;
      const std::vector<NodeId> readers = readers_of(graph_, read->value);
      const IdVector<NodeId, char> is_later = reached_from(front);
      for (const NodeId reader : readers)
        if (reader != front && is_later[reader] != 0) return false;
      for (const NodeId reader : readers)
        if (reader != front) successors_[reader].push_back(front);
    }
    for (const NodeId id : chain) is_taken_[id] = 1;
    return true;
  }

  /// Whether the node reads `old` only where it may overwrite it.
  [[nodiscard]] bool may_overwrite(NodeId id, ValueId old) const {
    const ir::Node& node = graph_.nodes[id];
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId input = node.inputs[i];
      if (!input.is_valid() || storage_root(graph_, input) != old) continue;
      const auto& pairs = node.op->in_place;
      const bool is_allowed =
          node.op->accumulator == static_cast<int>(i) ||
          std::find(pairs.begin(), pairs.end(), std::pair(static_cast<int>(i), 0)) != pairs.end();
      if (!is_allowed || graph_.type(input) != graph_.type(node.outputs[0])) return false;
    }
    return true;
  }

  [[nodiscard]] IdVector<NodeId, char> reached_from(NodeId start) const {
    IdVector<NodeId, char> is_reached;
    is_reached.resize(graph_.nodes.size());
    std::vector<NodeId> open = {start};
    while (!open.empty()) {
      const NodeId id = open.back();
      open.pop_back();
      for (const NodeId next : successors_[id]) {
        if (is_reached[next] != 0) continue;
        is_reached[next] = 1;
        open.push_back(next);
      }
    }
    return is_reached;
  }

  const ir::Graph& graph_;
  IdVector<NodeId, std::vector<NodeId>> successors_;  // by data, and by accepted updates
  IdVector<ValueId, int> use_count_;                  // of storage roots
  IdVector<NodeId, char> is_taken_;                   // stands in some variable's memory
};

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
    for (const ir::Write& write : graph.writes) ++uses_left_[storage_root(graph, write.value)];
    const std::vector<std::vector<NodeId>> updates = in_place_updates(graph);
    for (size_t i = 0; i < updates.size(); ++i) {
      if (updates[i].empty()) continue;
      for (const NodeId id : updates[i])
        written_.insert(graph.nodes[id].outputs.begin(), graph.nodes[id].outputs.end());
      const ir::Read* read = find_read(graph, graph.writes[i].variable);
      if (read == nullptr) continue;
      for (const NodeId reader : readers_of(graph, read->value))
        if (reader != updates[i].front()) add_edge(reader, updates[i].front());
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

std::vector<std::vector<NodeId>> in_place_updates(const ir::Graph& graph) {
  return UpdatePlacer(graph).run();
}

std::vector<NodeId> order_nodes(const ir::Graph& graph) {
  return Orderer(graph).run();
}

}  // namespace tdc::schedule
