#include "driver/fold_norms.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "graph/rewrite.h"
#include "ops/registry.h"
#include "support/check.h"

namespace tdc::driver {
namespace {

using ir::Dims;
using ir::Node;
using ir::ValueId;
using ir::VariableId;

/// How far apart in an operand, row by row, neighbours along each axis of a space are; nullopt if a
/// window says where they are.
std::optional<std::vector<int64_t>> steps_of(const ops::Space& space, const ops::Access& access,
                                             const Dims& dims) {
  std::vector<int64_t> steps(space.axes.size());
  int64_t inner = 1;
  for (size_t i = dims.size(); i-- > 0; inner *= dims[i]) {
    if (dims[i] == 1) continue;
    if (!access.dims[i].windows.empty()) return std::nullopt;
    for (const ops::Reach::Term& term : access.dims[i].terms)
      steps[term.axis] += term.coefficient * inner;
  }
  return steps;
}

/// Which channel of the result, a row of `positions` elements, each element of an operand makes;
/// empty if it makes elements of several.
std::vector<int64_t> channels_of(const ops::OpDef& op, const ops::Call& call, size_t operand,
                                 int64_t positions) {
  const ops::Space space = op.space(call);
  const Dims& dims = call.input(operand).dims;
  const auto own = steps_of(space, *space.inputs[operand], dims);
  const auto result = steps_of(space, space.outputs[0], call.output(0).dims);
  if (!own || !result) return {};
  // All that an element makes lies in a row: along axes that are none of its operand's.
  int64_t farthest = 0;
  for (size_t axis = 0; axis < space.axes.size(); ++axis)
    if ((*own)[axis] == 0) farthest += (*result)[axis] * (space.axes[axis].extent - 1);
  std::vector<int64_t> channels(static_cast<size_t>(ir::element_count(dims)), -1);
  std::vector<int64_t> index(space.axes.size());
  for (bool is_done = farthest >= positions; !is_done;) {
    int64_t place = 0, made = 0;
    for (size_t axis = 0; axis < index.size(); ++axis) {
      place += (*own)[axis] * index[axis];
      made += (*result)[axis] * index[axis];
    }
    if (made % positions != 0) return {};
    channels[static_cast<size_t>(place)] = made / positions;
    is_done = true;
    for (size_t axis = index.size(); axis-- > 0 && is_done;) {
      if ((*own)[axis] == 0) continue;
      is_done = ++index[axis] == space.axes[axis].extent;
      if (is_done) index[axis] = 0;
    }
  }
  const bool is_complete =
      std::all_of(channels.begin(), channels.end(), [](int64_t c) { return c >= 0; });
  return is_complete ? channels : std::vector<int64_t>();
}

/// A convolution or product before a norm.
struct Layer {
  VariableId weight;
  std::optional<VariableId> bias;
  std::vector<int64_t> channels;
};

/// Walks from norms back to layers. Whatever a step cannot follow ends the walk with nothing.
class NormFinder {
 public:
  explicit NormFinder(const ir::Module& module) : module_(module) {
    const ir::Graph* sample = module.find_graph(ir::GraphKind::sample);
    TDC_CHECK(sample != nullptr, "no graph of a sample");
    graph_ = *sample;
    graph::remove_dead(graph_);
    uses_.resize(graph_.values.size());
    norms_.resize(graph_.values.size());
    for (const Node& node : graph_.nodes)
      for (const ValueId input : node.inputs)
        if (input.is_valid()) {
          ++uses_[input];
          if (node.op->is_channel_norm) ++norms_[input];
        }
    for (const ir::Output& output : graph_.outputs) ++uses_[output.value];
    for (const ir::Write& write : graph_.writes) ++uses_[write.value];
    for (const ir::Read& read : graph_.reads) variables_.emplace(read.value, read.variable);
  }

  [[nodiscard]] NormsOfNet find() const {
    NormsOfNet result;
    for (const Node& node : graph_.nodes) {
      if (!node.op->is_channel_norm) continue;
      std::string reason = add_or_reason(node, result.foldable);
      if (!reason.empty())
        result.kept.push_back({.path = path_of(node), .reason = std::move(reason)});
    }
    return result;
  }

 private:
  [[nodiscard]] std::optional<VariableId> variable(ValueId value, ir::VariableKind kind) const {
    const auto found = variables_.find(value);
    if (found == variables_.end() || module_.variables[found->second].kind != kind)
      return std::nullopt;
    return found->second;
  }

  /// What stands before all reshapes that lead to `value`, if nothing else reads any of them.
  [[nodiscard]] std::optional<ValueId> before_views(ValueId value) const {
    while (uses_[value] == 1) {
      const ir::NodeId producer = graph_.values[value].producer;
      if (!producer.is_valid() || !graph_.nodes[producer].op->is_view) return value;
      value = graph_.nodes[producer].inputs[0];
    }
    return std::nullopt;
  }

  /// The node that makes what stands there; null: none does.
  [[nodiscard]] const Node* node_before(ValueId value) const {
    const std::optional<ValueId> result = before_views(value);
    if (!result || !graph_.values[*result].producer.is_valid()) return nullptr;
    return &graph_.nodes[graph_.values[*result].producer];
  }

  /// The parameter, in whatever shape, if nothing else reads it.
  [[nodiscard]] std::optional<VariableId> own_parameter(ValueId value) const {
    const std::optional<ValueId> read = before_views(value);
    return read ? variable(*read, ir::VariableKind::parameter) : std::nullopt;
  }

  [[nodiscard]] std::string path_of(const Node& norm) const {
    const auto weight = variables_.find(norm.inputs[3]);
    if (weight == variables_.end()) return std::string(norm.op->name);
    const std::string& path = module_.variables[weight->second].path;
    return path.substr(0, path.rfind('.'));
  }

  /// Adds the norm, or says why it has to stay.
  std::string add_or_reason(const Node& norm, std::vector<FoldableNorm>& foldable) const {
    const auto mean = variable(norm.inputs[1], ir::VariableKind::state);
    const auto variance = variable(norm.inputs[2], ir::VariableKind::state);
    const auto weight = variable(norm.inputs[3], ir::VariableKind::parameter);
    const auto bias = variable(norm.inputs[4], ir::VariableKind::parameter);
    if (!mean || !variance) return "its statistics are no states";
    if (!weight || !bias) return "its weight and bias are no parameters";
    for (size_t i = 1; i <= 4; ++i)
      if (norms_[norm.inputs[i]] > 1) return "another norm shares its parameters or states";
    if (uses_[norm.inputs[3]] > 1 || uses_[norm.inputs[4]] > 1)
      return "its weight or bias is read elsewhere, too";
    const Dims& x = graph_.type(norm.inputs[0]).dims;
    const int64_t channels = x[x.size() - 2];
    std::optional<Layer> layer;
    if (ir::element_count(x) == channels * x.back()) layer = layer_before(norm.inputs[0], x.back());
    if (!layer)
      return "what it norms is no convolution or product with a parameter, or one of them is read "
             "elsewhere, too";
    foldable.push_back({.path = path_of(norm),
                        .epsilon = norm.attributes.real("eps"),
                        .mean = *mean,
                        .variance = *variance,
                        .weight = *weight,
                        .bias = *bias,
                        .layer_weight = layer->weight,
                        .layer_bias = layer->bias,
                        .channels = std::move(layer->channels)});
    return {};
  }

  /// The layer whose result, perhaps with a bias, is `value`: rows of `positions` elements, one for
  /// each channel, in whatever shape.
  [[nodiscard]] std::optional<Layer> layer_before(ValueId value, int64_t positions) const {
    const Node* node = node_before(value);
    if (node == nullptr) return std::nullopt;
    if (!node->op->is_sum) return layer_of(*node, positions);
    for (const size_t at : {0U, 1U}) {
      const std::optional<VariableId> bias = own_parameter(node->inputs[at]);
      const Node* before = node_before(node->inputs[1 - at]);
      if (!bias || before == nullptr || !is_of_channels(*node, at, positions)) continue;
      std::optional<Layer> layer = layer_of(*before, positions);
      if (!layer) continue;
      layer->bias = bias;
      return layer;
    }
    return std::nullopt;
  }

  /// An operand of a sum is a number for each channel, added to all its positions.
  [[nodiscard]] bool is_of_channels(const Node& sum, size_t operand, int64_t positions) const {
    const ops::Call call = ops::call_of(graph_, sum);
    const std::vector<int64_t> channels = channels_of(*sum.op, call, operand, positions);
    for (size_t i = 0; i < channels.size(); ++i)
      if (channels[i] != static_cast<int64_t>(i)) return false;
    return std::ssize(channels) * positions == ir::element_count(call.output(0).dims);
  }

  /// Multiply-accumulates with a parameter.
  [[nodiscard]] std::optional<Layer> layer_of(const Node& node, int64_t positions) const {
    if (node.op->work != ops::Work::points) return std::nullopt;
    if (node.op->accumulator >= 0 &&
        node.inputs[static_cast<size_t>(node.op->accumulator)].is_valid())
      return std::nullopt;
    for (size_t operand = 0; operand < node.inputs.size(); ++operand) {
      const ValueId value = node.inputs[operand];
      const std::optional<VariableId> weight =
          value.is_valid() ? own_parameter(value) : std::nullopt;
      if (!weight) continue;
      std::vector<int64_t> channels =
          channels_of(*node.op, ops::call_of(graph_, node), operand, positions);
      if (!channels.empty()) return Layer{*weight, std::nullopt, std::move(channels)};
    }
    return std::nullopt;
  }

  const ir::Module& module_;
  ir::Graph graph_;  // without dead nodes
  IdVector<ValueId, int> uses_;
  IdVector<ValueId, int> norms_;  // how many norms read it
  std::map<ValueId, VariableId> variables_;
};

}  // namespace

NormsOfNet norms_of(const ir::Module& module) {
  return NormFinder(module).find();
}

std::vector<io::Array> fold_norms(const ir::Module& module, std::span<const FoldableNorm> foldable,
                                  std::span<const io::Array> arrays) {
  const io::ArrayIndex index(arrays);
  const auto array_of = [&](VariableId id) -> const io::Array& {
    const ir::Variable& variable = module.variables[id];
    const io::Array* array = index.find(variable.path);
    TDC_CHECK(array != nullptr && array->dims == variable.type.dims, "no array for `{}`",
              variable.path);
    return *array;
  };
  std::map<VariableId, std::vector<float>> changed;
  std::set<VariableId> left_out;
  for (const FoldableNorm& norm : foldable) {
    const std::vector<double> mean = io::to_f64(array_of(norm.mean));
    const std::vector<double> variance = io::to_f64(array_of(norm.variance));
    std::vector<double> scale = io::to_f64(array_of(norm.weight));
    for (size_t c = 0; c < scale.size(); ++c) scale[c] /= std::sqrt(variance[c] + norm.epsilon);
    const std::vector<double> bias = io::to_f64(array_of(norm.bias));
    std::vector<double> added(bias.size());
    if (norm.layer_bias) {
      added = io::to_f64(array_of(*norm.layer_bias));
      changed[*norm.layer_bias].resize(added.size());
    }
    for (size_t c = 0; c < bias.size(); ++c)
      changed[norm.bias].push_back(static_cast<float>(bias[c] + (added[c] - mean[c]) * scale[c]));
    const std::vector<double> weight = io::to_f64(array_of(norm.layer_weight));
    for (size_t i = 0; i < weight.size(); ++i)
      changed[norm.layer_weight].push_back(
          static_cast<float>(weight[i] * scale[static_cast<size_t>(norm.channels[i])]));
    left_out.insert({norm.mean, norm.variance, norm.weight});
  }
  std::vector<io::Array> result;
  for (const VariableId id : module.variables.ids()) {
    if (left_out.contains(id)) continue;
    const auto found = changed.find(id);
    const ir::Variable& variable = module.variables[id];
    result.push_back(found == changed.end()
                         ? array_of(id)
                         : io::make_array(variable.path, variable.type.dims, found->second));
  }
  return result;
}

}  // namespace tdc::driver
