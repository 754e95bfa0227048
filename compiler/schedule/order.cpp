#include "schedule/order.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "ops/op.h"
#include "support/check.h"

namespace tdc::schedule {
namespace {

using ir::NodeId;
using ir::ValueId;

/// What the orders ask of a graph: who shares memory with whom, and who reads it.
class GraphUses {
 public:
  explicit GraphUses(const ir::Graph& graph) : roots_(storage_roots(graph)) {
    readers_.resize(graph.values.size());
    successors_.resize(graph.nodes.size());
    use_count_.resize(graph.values.size());
    read_roots_.resize(graph.nodes.size());
    for (const NodeId id : graph.nodes.ids()) {
      const ir::Node& node = graph.nodes[id];
      for (const ValueId input : node.inputs) {
        if (!input.is_valid()) continue;
        const NodeId producer = graph.values[input].producer;
        if (producer.is_valid()) successors_[producer].push_back(id);
        if (node.op->is_view) continue;
        ++use_count_[roots_[input]];
        read_roots_[id].push_back(roots_[input]);
      }
      std::vector<ValueId>& read = read_roots_[id];
      std::sort(read.begin(), read.end());
      read.erase(std::unique(read.begin(), read.end()), read.end());
      for (const ValueId root : read) readers_[root].push_back(id);
    }
    for (const ir::Output& output : graph.outputs) ++use_count_[roots_[output.value]];
    for (const ir::Write& write : graph.writes) ++use_count_[roots_[write.value]];
    for (const ir::Read& read : graph.reads) old_versions_.emplace(read.variable, read.value);
  }

  [[nodiscard]] ValueId root(ValueId value) const { return roots_[value]; }
  /// Nodes that read the root's memory, views of it included (views themselves read nothing).
  [[nodiscard]] const std::vector<NodeId>& readers(ValueId root) const { return readers_[root]; }
  /// The roots that a node reads, each once, in order.
  [[nodiscard]] const std::vector<ValueId>& read_roots(NodeId id) const { return read_roots_[id]; }
  /// How often a root is an operand, a result or a new version.
  [[nodiscard]] int use_count(ValueId root) const { return use_count_[root]; }
  /// The nodes that read a node's outputs, once for each operand.
  [[nodiscard]] const IdVector<NodeId, std::vector<NodeId>>& successors() const {
    return successors_;
  }
  /// Version 0 of a variable, if the graph reads it.
  [[nodiscard]] std::optional<ValueId> old_version(ir::VariableId variable) const {
    const auto found = old_versions_.find(variable);
    return found == old_versions_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  IdVector<ValueId, ValueId> roots_;
  IdVector<ValueId, std::vector<NodeId>> readers_;     // of storage roots
  IdVector<NodeId, std::vector<ValueId>> read_roots_;  // none of views
  IdVector<NodeId, std::vector<NodeId>> successors_;
  IdVector<ValueId, int> use_count_;  // of storage roots
  std::map<ir::VariableId, ValueId> old_versions_;
};

/// An order of the nodes that is kept while edges are added, by moving only what lies between the
/// ends of an edge that goes back (D. J. Pearce and P. H. J. Kelly, "A Dynamic Topological Sort
/// Algorithm for Directed Acyclic Graphs", 2006). Most updates stand behind all readers of the old
/// version anyway, and their edges move nothing.
///
///     a  front  b  c  reader  d        b is reached from `front`, c reaches the reader
///     a  c  reader  front  b  d        with an edge from the reader to `front`
class KeptOrder {
 public:
  explicit KeptOrder(const IdVector<NodeId, std::vector<NodeId>>& successors)
      : successors_(successors) {
    predecessors_.resize(successors.size());
    for (const NodeId id : successors.ids())
      for (const NodeId next : successors[id]) predecessors_[next].push_back(id);
    for (const NodeId id : successors.ids()) places_.push_back(id.index);
    mark_.resize(successors.size(), 0);
  }

  [[nodiscard]] uint32_t place(NodeId id) const { return places_[id]; }
  [[nodiscard]] const std::vector<NodeId>& successors(NodeId id) const { return successors_[id]; }

  /// The edge must not close a cycle.
  void add_edge(NodeId from, NodeId to) {
    if (places_[from] > places_[to]) {
      const uint32_t first = places_[to];
      const uint32_t last = places_[from];
      std::vector<NodeId> later =
          reached(to, successors_, [&](NodeId id) { return places_[id] <= last; });
      std::vector<NodeId> earlier =
          reached(from, predecessors_, [&](NodeId id) { return places_[id] >= first; });
      share_places(std::move(earlier), std::move(later));
    }
    successors_[from].push_back(to);
    predecessors_[to].push_back(from);
  }

 private:
  using Edges = IdVector<NodeId, std::vector<NodeId>>;

  template <typename IsNear>
  std::vector<NodeId> reached(NodeId start, const Edges& edges, IsNear is_near) {
    ++visit_;
    std::vector<NodeId> found = {start};
    mark_[start] = visit_;
    for (size_t at = 0; at < found.size(); ++at) {
      const NodeId id = found[at];
      for (const NodeId next : edges[id]) {
        if (mark_[next] == visit_ || !is_near(next)) continue;
        mark_[next] = visit_;
        found.push_back(next);
      }
    }
    return found;
  }

  /// The places of both lists go to `earlier` first, then to `later`, each in its order.
  void share_places(std::vector<NodeId> earlier, std::vector<NodeId> later) {
    const auto is_before = [&](NodeId a, NodeId b) { return places_[a] < places_[b]; };
    std::sort(earlier.begin(), earlier.end(), is_before);
    std::sort(later.begin(), later.end(), is_before);
    std::vector<NodeId> nodes = std::move(earlier);
    nodes.insert(nodes.end(), later.begin(), later.end());
    std::vector<uint32_t> places;
    for (const NodeId id : nodes) places.push_back(places_[id]);
    std::sort(places.begin(), places.end());
    for (size_t i = 0; i < nodes.size(); ++i) places_[nodes[i]] = places[i];
  }

  Edges successors_, predecessors_;
  IdVector<NodeId, uint32_t> places_;
  IdVector<NodeId, uint32_t> mark_;  // the last visit
  uint32_t visit_ = 0;
};

/// Decides which updates are made in place.
class UpdatePlacer {
 public:
  UpdatePlacer(const ir::Graph& graph, const GraphUses& uses)
      : graph_(graph), uses_(uses), order_(uses.successors()) {
    is_taken_.resize(graph.nodes.size());
    mark_.resize(graph.nodes.size());
  }

  std::vector<std::vector<NodeId>> run() {
    std::vector<std::vector<NodeId>> updates;
    for (const ir::Write& write : graph_.writes) updates.push_back(place(write));
    return updates;
  }

 private:
  std::vector<NodeId> place(const ir::Write& write) {
    const ValueId root = uses_.root(write.value);
    if (!graph_.values[root].producer.is_valid()) return {};
    std::vector<NodeId> chain = sums_up_to(root);
    chain.resize(longest_possible(chain, uses_.old_version(write.variable)));
    std::reverse(chain.begin(), chain.end());
    if (chain.empty()) return chain;
    for (const NodeId id : chain) is_taken_[id] = 1;
    if (const std::optional<ValueId> old = uses_.old_version(write.variable))
      for (const NodeId reader : uses_.readers(*old))
        if (reader != chain.front()) order_.add_edge(reader, chain.front());
    return chain;
  }

  /// The node that makes `value`, behind it the one whose sum it continues, and so on, as long as
  /// nobody else uses the earlier sum.
  std::vector<NodeId> sums_up_to(ValueId value) const {
    std::vector<NodeId> chain = {graph_.values[value].producer};
    while (true) {
      const ir::Node& node = graph_.nodes[chain.back()];
      if (node.op->accumulator < 0 || node.outputs[0] != value) return chain;
      const ValueId sum = node.inputs.at(static_cast<size_t>(node.op->accumulator));
      if (!sum.is_valid()) return chain;
      value = uses_.root(sum);
      if (!graph_.values[value].producer.is_valid() || uses_.use_count(value) != 1) return chain;
      chain.push_back(graph_.values[value].producer);
    }
  }

  /// How many nodes of `chain`, whose last comes first, can stand in the memory of `old`: none of
  /// them stands elsewhere, the earliest may overwrite what it reads of `old`, and from none of
  /// them a reader of `old` is reached. What is reached from a node is reached from all before it,
  /// so one search goes down the chain.
  size_t longest_possible(const std::vector<NodeId>& chain, std::optional<ValueId> old) {
    std::vector<NodeId> no_readers;
    const std::vector<NodeId>& readers = old ? uses_.readers(*old) : no_readers;
    uint32_t last_reader = 0;
    for (const NodeId reader : readers) {
      mark_[reader].reader_of = *old;
      last_reader = std::max(last_reader, order_.place(reader));
    }
    ++visit_;
    size_t longest = 0;
    for (size_t length = 1; length <= chain.size(); ++length) {
      const NodeId front = chain[length - 1];
      if (is_taken_[front] != 0) break;
      if (!readers.empty() && reaches_reader(front, *old, last_reader)) break;
      if (!old || may_overwrite(front, *old)) longest = length;
    }
    return longest;
  }

  /// Continues the search of this visit from `start`, which itself is not reached by that, over
  /// nodes that may come before the last reader.
  bool reaches_reader(NodeId start, ValueId old, uint32_t last_reader) {
    std::vector<NodeId> open = {start};
    while (!open.empty()) {
      const NodeId id = open.back();
      open.pop_back();
      for (const NodeId next : order_.successors(id)) {
        Mark& mark = mark_[next];
        if (mark.visit == visit_ || order_.place(next) > last_reader) continue;
        if (mark.reader_of == old) return true;
        mark.visit = visit_;
        open.push_back(next);
      }
    }
    return false;
  }

  /// Whether the node reads `old` only where it may overwrite it.
  [[nodiscard]] bool may_overwrite(NodeId id, ValueId old) const {
    const ir::Node& node = graph_.nodes[id];
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId input = node.inputs[i];
      if (!input.is_valid() || uses_.root(input) != old) continue;
      const auto& pairs = node.op->in_place;
      const bool is_allowed =
          node.op->accumulator == static_cast<int>(i) ||
          std::find(pairs.begin(), pairs.end(), std::pair(static_cast<int>(i), 0)) != pairs.end();
      if (!is_allowed || graph_.type(input) != graph_.type(node.outputs[0])) return false;
    }
    return true;
  }

  struct Mark {
    uint32_t visit = 0;  // the last search that came by
    ValueId reader_of;   // the last value that was asked for and that the node reads
  };

  const ir::Graph& graph_;
  const GraphUses& uses_;
  KeptOrder order_;                  // by data, and by accepted updates
  IdVector<NodeId, char> is_taken_;  // stands in some variable's memory
  IdVector<NodeId, Mark> mark_;
  uint32_t visit_ = 0;
};

/// How much memory a value takes; views and absent producers (inputs, variables) take none.
int64_t own_bytes(const ir::Graph& graph, ValueId value) {
  const NodeId producer = graph.values[value].producer;
  if (!producer.is_valid() || graph.nodes[producer].op->is_view) return 0;
  return ir::byte_size(graph.type(value)).count;
}

class Orderer {
 public:
  Orderer(const ir::Graph& graph, const GraphUses& uses)
      : graph_(graph), uses_(uses), successors_(uses.successors()) {
    missing_.resize(graph.nodes.size());
    uses_left_.resize(graph.values.size());
    is_done_.resize(graph.nodes.size());
    is_written_.resize(graph.values.size());
    for (const NodeId id : graph.nodes.ids()) {
      for (const ValueId root : uses.read_roots(id)) ++uses_left_[root];
      for (const NodeId next : successors_[id]) ++missing_[next];
    }
    for (const ir::Output& output : graph.outputs) ++uses_left_[uses.root(output.value)];
    for (const ir::Write& write : graph.writes) ++uses_left_[uses.root(write.value)];
    const std::vector<std::vector<NodeId>> updates = UpdatePlacer(graph, uses).run();
    for (size_t i = 0; i < updates.size(); ++i) {
      if (updates[i].empty()) continue;
      for (const NodeId id : updates[i])
        for (const ValueId output : graph.nodes[id].outputs) is_written_[output] = 1;
      const std::optional<ValueId> old = uses.old_version(graph.writes[i].variable);
      if (!old) continue;
      for (const NodeId reader : uses.readers(*old)) {
        if (reader == updates[i].front()) continue;
        successors_[reader].push_back(updates[i].front());
        ++missing_[updates[i].front()];
      }
    }
  }

  std::vector<NodeId> run() {
    for (const NodeId id : graph_.nodes.ids())
      if (missing_[id] == 0) add_ready(id);
    std::vector<NodeId> order;
    while (!ready_.empty()) {
      const NodeId id = shrinking_.empty() ? *ready_.begin() : *shrinking_.begin();
      ready_.erase(id);
      shrinking_.erase(id);
      is_done_[id] = 1;
      order.push_back(id);
      for (const ValueId root : uses_.read_roots(id))
        if (--uses_left_[root] == 1) look_at_last_reader(root);
      for (const NodeId successor : successors_[id])
        if (--missing_[successor] == 0) add_ready(successor);
    }
    TDC_CHECK(order.size() == graph_.nodes.size(), "order of `{}` has a cycle", graph_.name);
    return order;
  }

 private:
  void add_ready(NodeId id) {
    ready_.insert(id);
    look_at(id);
  }

  /// A ready node's growth only gets less, when it becomes the last one that uses a value.
  void look_at(NodeId id) {
    if (is_early(id) && growth(id) <= 0) shrinking_.insert(id);
  }

  void look_at_last_reader(ValueId root) {
    for (const NodeId reader : uses_.readers(root))
      if (is_done_[reader] == 0 && ready_.contains(reader)) look_at(reader);
  }

  /// Only work of the update and backward phases moves ahead of the graph's order.
  bool is_early(NodeId id) const { return graph_.nodes[id].phase >= ir::Phase::backward; }

  /// Bytes that running the node adds to what is live, once it is done.
  int64_t growth(NodeId id) const {
    int64_t bytes = 0;
    for (const ValueId output : graph_.nodes[id].outputs)
      if (is_written_[output] == 0) bytes += own_bytes(graph_, output);
    for (const ValueId root : uses_.read_roots(id))
      if (uses_left_[root] == 1) bytes -= own_bytes(graph_, root);
    return bytes;
  }

  const ir::Graph& graph_;
  const GraphUses& uses_;
  IdVector<NodeId, int> missing_;
  IdVector<NodeId, std::vector<NodeId>> successors_;  // by data, and by updates in place
  IdVector<ValueId, int> uses_left_;                  // of storage roots
  IdVector<NodeId, char> is_done_;
  IdVector<ValueId, char> is_written_;  // made in a variable's memory
  std::set<NodeId> ready_, shrinking_;  // shrinking: of the ready ones, those that go first
};

}  // namespace

IdVector<ValueId, ValueId> storage_roots(const ir::Graph& graph) {
  IdVector<ValueId, ValueId> roots;
  roots.resize(graph.values.size());
  for (const ValueId value : graph.values.ids()) roots[value] = value;
  // Nodes stand in topological order, so the source of a view has its root already.
  for (const ir::Node& node : graph.nodes)
    if (node.op->is_view)
      for (const ValueId output : node.outputs) roots[output] = roots[node.inputs.at(0)];
  return roots;
}

std::vector<std::vector<NodeId>> in_place_updates(const ir::Graph& graph) {
  const GraphUses uses(graph);
  return UpdatePlacer(graph, uses).run();
}

std::vector<NodeId> order_nodes(const ir::Graph& graph) {
  const GraphUses uses(graph);
  return Orderer(graph, uses).run();
}

}  // namespace tdc::schedule
