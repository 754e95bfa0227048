#include "random_modules.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "ops/builder.h"
#include "schedules.h"

namespace tdc::test {
namespace {

using ir::ValueId;

class RandomModule {
 public:
  explicit RandomModule(uint64_t seed) : random_(seed) {}

  ir::Module make(int graphs) {
    for (int i = 0; i < 3; ++i)
      module_.variables.push_back({.path = "v" + std::to_string(i), .type = {.dims = shape()}});
    for (int i = 0; i < graphs; ++i) module_.graphs.push_back(make_graph(i));
    return std::move(module_);
  }

 private:
  ir::Dims shape() {
    const ir::Dims shapes[] = {{4}, {3, 4}, {4, 3}, {4, 4}};
    return shapes[random_.between(0, 3)];
  }

  ValueId any() {
    // Recent values more often, so that chains get long.
    const auto count = static_cast<int64_t>(values_.size());
    const int64_t low = random_.chance(50) ? std::max<int64_t>(0, count - 4) : 0;
    return values_[static_cast<size_t>(random_.between(low, count - 1))];
  }

  /// A value of these dims, or one that is not valid.
  ValueId any_of(const ir::Graph& graph, const ir::Dims& dims) {
    std::vector<ValueId> fitting;
    std::copy_if(values_.begin(), values_.end(), std::back_inserter(fitting),
                 [&](ValueId value) { return graph.type(value).dims == dims; });
    if (fitting.empty()) return {};
    return fitting[static_cast<size_t>(
        random_.between(0, static_cast<int64_t>(fitting.size()) - 1))];
  }

  ir::Graph make_graph(int index) {
    ir::Graph graph = {.name = "graph" + std::to_string(index), .batch = 1};
    ops::Builder builder(graph);
    values_.clear();
    for (int i = 0; i < 2; ++i)
      values_.push_back(builder.add_input("x" + std::to_string(i), ir::InputKind::sample,
                                          {.dims = shape()}, false));
    for (const ir::VariableId variable : module_.variables.ids())
      values_.push_back(builder.read(module_, variable));
    for (int i = 0; i < 14; ++i) add_node(builder);
    for (const ir::VariableId variable : module_.variables.ids()) {
      const ValueId value = any_of(graph, module_.variables[variable].type.dims);
      if (random_.chance(60)) builder.write(variable, value);
    }
    for (int i = 0; i < 2; ++i)
      graph.outputs.push_back(
          {.name = "y" + std::to_string(i), .kind = ir::OutputKind::result, .value = any()});
    return graph;
  }

  /// Transposes, slices, parts joined to a whole, and an op that takes rows without gaps.
  void move_elements(ops::Builder& builder, ValueId a, int64_t choice) {
    const ir::Dims dims = builder.type(a).dims;
    if (dims.size() != 2) return;
    const auto slice = [&](ValueId value, int64_t begin, int64_t end) {
      return builder.emit("slice", {value},
                          {{"axis", int64_t{-2}}, {"begin", begin}, {"end", end}});
    };
    if (choice < 12) {
      values_.push_back(builder.emit("transpose", {a}));
    } else if (choice == 12) {
      values_.push_back(builder.emit("softmax", {a}));
    } else if (dims[0] == 4) {
      const int64_t begin = random_.between(0, 1);
      values_.push_back(slice(a, begin, begin + 3));
    } else {
      const ValueId b = any_of(builder.graph(), {4, dims[1]});
      if (!b.is_valid()) return;
      const ValueId row = slice(b, 2, 3);
      const ValueId part = random_.chance(50) ? row : builder.emit("relu", {row});
      ir::ValueIds parts = {a};
      if (random_.chance(30)) parts = {slice(a, 0, 1), builder.emit("relu", {slice(a, 1, 3)})};
      parts.push_back(part);
      values_.push_back(builder.emit("concat", parts, {{"axis", int64_t{-2}}}));
    }
  }

  void add_node(ops::Builder& builder) {
    const ValueId a = any();
    const ir::Dims dims = builder.type(a).dims;
    const int64_t choice = random_.between(0, 15);
    if (choice >= 10) {
      move_elements(builder, a, choice);
    } else if (choice < 2) {
      values_.push_back(builder.emit("relu", {a}));
    } else if (choice < 5) {
      values_.push_back(builder.emit("add", {a, any_of(builder.graph(), dims)}));
    } else if (choice < 7) {
      const ir::Dims wanted = dims.size() == 2 ? ir::Dims{dims[1], dims[0]} : ir::Dims{2, 2};
      values_.push_back(builder.emit("reshape", {a}, {{"dims", wanted}}));
    } else if (dims.size() == 2) {
      const ValueId b = any_of(builder.graph(), {dims[1], 4});
      if (!b.is_valid()) return;
      const ValueId sum = random_.chance(50) ? any_of(builder.graph(), {dims[0], 4}) : ValueId{};
      values_.push_back(builder.emit("matmul", {a, b, sum}));
    }
  }

  Random random_;
  ir::Module module_;
  std::vector<ValueId> values_;
};

}  // namespace

ir::Module random_module(uint64_t seed, int graphs) {
  return RandomModule(seed).make(graphs);
}

}  // namespace tdc::test
