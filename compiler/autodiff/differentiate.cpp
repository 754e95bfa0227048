#include "autodiff/differentiate.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "graph/rewrite.h"
#include "ops/registry.h"
#include "ops/rules.h"
#include "support/check.h"

// Reverse accumulation (Griewank & Walther, Evaluating Derivatives, 2008, chapter 3) over the node
// list. Three things differ from the textbook because of the numerics rules:
//
//  - Contributions are kept per value with the position of the use they come from, and summed in
//    order of uses when the value's producer is reached, not in the order in which they arrive.
//
//  - A contribution to a shared (unbatched) value from a batched use is itself a sum over the
//    batch, made by a node with an accumulator operand. Several such nodes become one chain:
//
//        use 1        use 2                    use 1          use 2
//          |            |          ==>           |              |
//        sum g1       sum g2                   sum g1 ------> sum g2 ---> total
//                                                 accumulator
//
//    so that a chain can also start from the accumulator of earlier micro-batches.
//
//  - Where the uses of a value are slices that lie side by side and are all of it, its gradient is
//    theirs, one beside the other; nothing is added to zeros.

namespace tdc::autodiff {
namespace {

struct Contribution {
  ir::NodeId use;  ///< the forward node, and which operand of it
  size_t operand;
  ir::ValueId gradient;
  bool sums_batch = false;  ///< made by a node that sums over the batch for this use alone
};

class Differentiator {
 public:
  Differentiator(const ir::Module& module, ir::Graph& graph, Diagnostics& diagnostics)
      : module_(module), graph_(graph), builder_(graph), diagnostics_(diagnostics) {}

  std::optional<Gradients> run(ir::ValueId loss) {
    find_needed();
    const std::vector<ir::NodeId> forward = graph_.nodes.ids();
    forward_nodes_ = forward.size();
    contributions_.resize(graph_.values.size());
    builder_.set_phase(ir::Phase::backward);
    builder_.set_origin(graph_.values[loss].origin);
    if (needs_[loss]) {
      const ir::ValueId seed =
          builder_.emit("constant", {}, {{"value", 1.0}, {"dims", graph_.type(loss).dims}});
      graph_.values[seed].is_batched = graph_.values[loss].is_batched;
      // The seed comes from a use after all others.
      contributions_[loss].push_back(
          {.use = {static_cast<uint32_t>(forward.size())}, .operand = 0, .gradient = seed});
    }
    bool is_complete = true;
    for (size_t i = forward.size(); i-- > 0;)
      is_complete = differentiate_node(forward[i]) && is_complete;
    if (!is_complete) return std::nullopt;

    Gradients result;
    for (const ir::Read& read : graph_.reads) {
      if (!module_.variables[read.variable].is_trained) continue;
      builder_.set_origin(module_.variables[read.variable].origin);
      const ir::ValueId total = sum_contributions(read.value);
      if (!total.is_valid()) continue;
      graph_.values[total].name =
          fmt::format("gradient({})", module_.variables[read.variable].path);
      result.of_variable.emplace(read.variable, total);
    }
    std::sort(sums_.begin(), sums_.end(),
              [](const BatchSum& a, const BatchSum& b) { return a.shared < b.shared; });
    result.batch_sums = std::move(sums_);
    graph::sort_topologically(graph_);
    return result;
  }

 private:
  void find_needed() {
    needs_.resize(graph_.values.size(), 0);
    for (const ir::Read& read : graph_.reads)
      needs_[read.value] = module_.variables[read.variable].is_trained;
    for (const ir::Node& node : graph_.nodes) {
      const bool needed =
          std::any_of(node.inputs.begin(), node.inputs.end(),
                      [&](ir::ValueId input) { return input.is_valid() && needs_[input]; });
      for (const ir::ValueId output : node.outputs)
        needs_[output] = needed && graph_.type(output).dtype == ir::DType::f32;
    }
  }

  /// The summed cotangent of a value, or an id that is not valid if the loss does not depend on it.
  ir::ValueId sum_contributions(ir::ValueId value) {
    std::vector<Contribution>& all = contributions_[value];
    std::sort(all.begin(), all.end(), [](const Contribution& a, const Contribution& b) {
      return std::pair(a.use, a.operand) < std::pair(b.use, b.operand);
    });
    if (const ir::ValueId joined = join_slices(value); joined.is_valid()) return joined;
    ir::ValueId total;
    if (!graph_.values[value].is_batched) {
      BatchSum sum = {.shared = value, .total = {}, .first = {}};
      for (const Contribution& contribution : all) {
        if (!contribution.sums_batch) continue;
        if (sum.total.is_valid())
          accumulator_of(contribution.gradient) = sum.total;
        else
          sum.first = contribution.gradient;
        sum.total = contribution.gradient;
      }
      if (sum.total.is_valid()) sums_.push_back(sum);
      total = sum.total;
    }
    for (const Contribution& contribution : all)
      if (!contribution.sums_batch)
        total = continue_sum(total, contribution.gradient,
                             place_of_sum(value, all.front().use, contribution.use));
    return total;
  }

  /// The gradients of slices side by side that are all of the value, those of one slice summed; not
  /// valid if its uses are others.
  ir::ValueId join_slices(ir::ValueId value) {
    const std::vector<Contribution>& all = contributions_[value];
    std::map<int64_t, std::vector<const Contribution*>> slices;  // by their first position
    std::set<int64_t> axes;
    for (const Contribution& contribution : all) {
      const ir::Node* padding = padding_of(contribution);
      if (padding == nullptr) return {};
      slices[padding->attributes.integer("before")].push_back(&contribution);
      axes.insert(padding->attributes.integer("axis"));
    }
    if (slices.size() < 2 || axes.size() != 1) return {};
    const int64_t axis = *axes.begin();
    const auto extent = [&](ir::ValueId part) {
      const ir::Dims& dims = graph_.type(part).dims;
      return dims.at(static_cast<size_t>(std::ssize(dims) + axis));
    };
    int64_t end = 0;
    for (const auto& [begin, uses] : slices) {
      const int64_t size = extent(padding_of(*uses.front())->inputs[0]);
      for (const Contribution* use : uses)
        if (begin != end || extent(padding_of(*use)->inputs[0]) != size) return {};
      end += size;
    }
    if (end != extent(value)) return {};
    ir::ValueIds joined;
    std::vector<ir::Turn> turns = graph_.nodes[all.front().use].turns;
    for (const auto& [begin, uses] : slices) {
      ir::ValueId total;
      for (const Contribution* use : uses) {
        total = continue_sum(total, padding_of(*use)->inputs[0],
                             place_of_sum(value, uses.front()->use, use->use));
        turns = graph::common_turns(turns, graph_.nodes[use->use].turns);
      }
      joined.push_back(total);
    }
    const ir::NodeId concat = {static_cast<uint32_t>(graph_.nodes.size())};
    const ir::ValueId result = builder_.emit("concat", joined, {{"axis", axis}});
    graph::set_turns(graph_, concat, turns);
    return result;
  }

  /// What puts zeros around a slice's gradient; null if the contribution is not of that kind, as
  /// that of a slice of every n-th position.
  const ir::Node* padding_of(const Contribution& contribution) const {
    const ir::NodeId producer = graph_.values[contribution.gradient].producer;
    if (contribution.sums_batch || !producer.is_valid()) return nullptr;
    const ir::Node& node = graph_.nodes[producer];
    return node.op->is_padding && node.attributes.integer("step") == 1 ? &node : nullptr;
  }

  /// The node in whose turn the gradient from `use` is added to those before it, the first of which
  /// is from `first`: the use's turn, wherever the value comes from. But what one turn of a repeat
  /// hands to the next and uses itself, too (the cell of an LSTM), is summed in the turn of that
  /// first use. The backward pass goes through the turns from the last to the first, so only there
  /// are all gradients known.
  [[nodiscard]] ir::NodeId place_of_sum(ir::ValueId value, ir::NodeId first, ir::NodeId use) const {
    const ir::NodeId producer = graph_.values[value].producer;
    if (!producer.is_valid() || use.index >= forward_nodes_) return use;
    const std::vector<ir::Turn>& made = graph_.nodes[producer].turns;
    const std::vector<ir::Turn>& used = graph_.nodes[use].turns;
    const size_t shared = graph::common_turns(made, used).size();
    const bool is_handed_on =
        shared < std::min(made.size(), used.size()) && made[shared].repeat == used[shared].repeat;
    const bool is_used_before =
        graph::common_turns(graph_.nodes[first].turns, used).size() == shared;
    return is_handed_on && is_used_before ? first : use;
  }

  /// total + gradient, in the turn of `place`; or the gradient if there is no total yet.
  ir::ValueId continue_sum(ir::ValueId total, ir::ValueId gradient, ir::NodeId place) {
    if (!total.is_valid()) return gradient;
    const ir::NodeId add = {static_cast<uint32_t>(graph_.nodes.size())};
    total = builder_.emit("add", {total, gradient});
    if (place.index < forward_nodes_) graph::set_turns(graph_, add, graph_.nodes[place].turns);
    return total;
  }

  ir::ValueId& accumulator_of(ir::ValueId gradient) {
    ir::Node& node = graph_.nodes[graph_.values[gradient].producer];
    return node.inputs.at(static_cast<size_t>(node.op->accumulator));
  }

  bool differentiate_node(ir::NodeId id) {
    const ir::Node node = graph_.nodes[id];
    ir::ValueIds cotangents(node.outputs.size());
    bool has_cotangent = false;
    builder_.set_origin(node.origin);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (!needs_[node.outputs[i]]) continue;
      cotangents[i] = sum_contributions(node.outputs[i]);
      has_cotangent = has_cotangent || cotangents[i].is_valid();
    }
    if (!has_cotangent) return true;
    if (const auto* none = std::get_if<ops::NoGradient>(&node.op->gradient)) {
      diagnostics_.report(node.origin, diag::no_gradient, std::string(node.op->name),
                          std::string(none->reason));
      return false;
    }
    std::vector<bool> needed;
    for (const ir::ValueId input : node.inputs) needed.push_back(input.is_valid() && needs_[input]);
    const ir::NodeId first = {static_cast<uint32_t>(graph_.nodes.size())};
    ops::GradientContext context(builder_, node, std::move(cotangents), needed);
    std::get<ops::GradientRule>(node.op->gradient)(context);
    graph::set_turns(graph_, first, node.turns);

    const bool node_is_batched = graph_.values[node.outputs[0]].is_batched;
    for (size_t i = 0; i < needed.size(); ++i) {
      if (!needed[i]) continue;
      const std::optional<ir::ValueId> gradient = context.gradients()[i];
      if (!gradient) continue;  // structurally zero, such as that of an index
      const ir::ValueId input = node.inputs[i];
      TDC_CHECK(graph_.type(*gradient) == graph_.type(input), "gradient {} of `{}` is {} for {}", i,
                node.op->name, ir::to_text(graph_.type(*gradient)),
                ir::to_text(graph_.type(input)));
      TDC_CHECK(graph_.values[*gradient].is_batched == graph_.values[input].is_batched,
                "gradient {} of `{}` does not depend on the sample as its input does", i,
                node.op->name);
      // Asked of the use, not of the gradient: an op among shared values may hand a sum through as
      // it is (`w + v` does), and then it belongs to the chain of the op's output.
      const bool sums_batch = node_is_batched && !graph_.values[input].is_batched;
      contributions_[input].push_back(
          {.use = id, .operand = i, .gradient = *gradient, .sums_batch = sums_batch});
    }
    return true;
  }

  const ir::Module& module_;
  ir::Graph& graph_;
  ops::Builder builder_;
  Diagnostics& diagnostics_;
  size_t forward_nodes_ = 0;
  IdVector<ir::ValueId, char> needs_;  // of forward values: whether a trained variable is below
  IdVector<ir::ValueId, std::vector<Contribution>> contributions_;
  std::vector<BatchSum> sums_;
};

}  // namespace

std::optional<Gradients> differentiate(const ir::Module& module, ir::Graph& graph, ir::ValueId loss,
                                       Diagnostics& diagnostics) {
  return Differentiator(module, graph, diagnostics).run(loss);
}

}  // namespace tdc::autodiff
