#include "memory/validate_names.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "../schedule/schedules.h"
#include "ops/builder.h"
#include "ops/registry.h"

namespace tdc::memory {
namespace {

using ir::ValueId;
using test::Random;

/// A graph of ops that move elements, and the elements of all its values by the ops' own
/// evaluation: element e of input k is 1000 k + e.
struct Moves {
  ir::Graph graph = {.name = "moves", .batch = 1};
  ops::Builder builder{graph};
  std::vector<ValueId> inputs;
  std::vector<ops::Tensor> tensors;  // by value
  std::vector<schedule::ViewNode> view_nodes;

  ValueId input(ir::Dims dims) {
    const ValueId value = builder.add_input("x", ir::InputKind::sample, {.dims = dims}, false);
    ops::Tensor tensor({.dims = std::move(dims)});
    for (size_t i = 0; i < tensor.data.size(); ++i)
      tensor.data[i] = static_cast<double>(1000 * inputs.size() + i);
    inputs.push_back(value);
    tensors.push_back(std::move(tensor));
    return value;
  }

  ValueId emit(std::string_view op, ir::ValueIds operands, ir::Attributes attributes) {
    const ValueId value = builder.emit(op, std::move(operands), std::move(attributes));
    const ir::Node& node = graph.nodes[graph.values[value].producer];
    ops::Evaluation evaluation = {.inputs = {}, .outputs = {}, .attributes = node.attributes};
    for (const ValueId operand : node.inputs)
      evaluation.inputs.push_back(&tensors.at(operand.index));
    ops::Tensor tensor(graph.type(value));
    evaluation.outputs = {&tensor};
    node.op->evaluate(evaluation);
    tensors.push_back(std::move(tensor));
    view_nodes.push_back(
        {.op = node.op, .call = ops::call_of(graph, node), .inputs = node.inputs, .output = value});
    return value;
  }
};

/// Puts what the runs say into a picture of a buffer of `size` elements; -1: nothing.
std::vector<double> picture(const Moves& moves, const std::vector<Elements>& all, int64_t size) {
  std::vector<double> elements(static_cast<size_t>(size), -1);
  for (const Elements& part : all)
    for (const Run& run : part.runs())
      for (int64_t i = 0; i < run.count; ++i) {
        double& at = elements.at(static_cast<size_t>(run.place + i));
        CHECK(at == -1);
        const auto found = std::find(moves.inputs.begin(), moves.inputs.end(), part.value);
        REQUIRE(found != moves.inputs.end());
        at =
            static_cast<double>(1000 * (found - moves.inputs.begin()) + run.element + i * run.step);
      }
  return elements;
}

size_t run_count(const Moves& moves, ValueId value) {
  const auto found = Names(moves.view_nodes)
                         .origins(all_elements(value, ir::element_count(moves.graph.type(value))));
  size_t count = 0;
  for (const Elements& part : std::get<std::vector<Elements>>(found)) count += part.runs().size();
  return count;
}

std::string problem(const Moves& moves, ValueId value) {
  const auto found = Names(moves.view_nodes)
                         .origins(all_elements(value, ir::element_count(moves.graph.type(value))));
  return std::holds_alternative<NameProblem>(found) ? std::get<NameProblem>(found).text : "";
}

TEST_CASE("runs are as long as they can be, in whatever order the axes are") {
  const ValueId v = {0};
  const std::vector<ops::Range> rows = {{2, 5}, {0, 4}};
  // Rows 2 to 4 of [6, 4], dense in a strip.
  const schedule::View strip = {.buffer = {}, .offset = 8, .extent = {3, 4}, .stride = {4, 1}};
  const std::vector<Run> runs = elements_of(v, {6, 4}, rows, strip).runs();
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].place == 8);
  CHECK(runs[0].element == 8);
  CHECK(runs[0].count == 12);
  // The same, stored column by column: four runs of three elements that are four apart.
  const schedule::View columns = {.buffer = {}, .offset = 0, .extent = {3, 4}, .stride = {1, 3}};
  const std::vector<Run> turned = elements_of(v, {6, 4}, rows, columns).runs();
  REQUIRE(turned.size() == 4);
  CHECK(turned[1].place == 3);
  CHECK(turned[1].element == 9);
  CHECK(turned[1].step == 4);
  CHECK(turned[1].count == 3);
}

TEST_CASE("elements are followed through views to where they come from") {
  Moves m;
  const ValueId x = m.input({3, 4});
  const ValueId z = m.input({3, 2});
  SUBCASE("a transpose of everything is one run of steps for each column") {
    const ValueId t = m.emit("transpose", {x}, {});
    CHECK(run_count(m, t) == 4);
  }
  SUBCASE("a part of a concat is one operand's") {
    const ValueId y = m.emit("concat", {x, z}, {{"axis", int64_t{-1}}});
    CHECK(run_count(m, y) == 6);
    const ValueId s =
        m.emit("slice", {y}, {{"axis", int64_t{-1}}, {"begin", int64_t{4}}, {"end", int64_t{6}}});
    CHECK(run_count(m, s) == 1);
  }
  SUBCASE("chains of reshapes are the first value") {
    ValueId r = m.emit("reshape", {x}, {{"dims", ir::Dims{12}}});
    r = m.emit("reshape", {r}, {{"dims", ir::Dims{2, 6}}});
    CHECK(run_count(m, r) == 1);
  }
}

TEST_CASE("what is called a view and is none has no names") {
  Moves m;
  const ValueId x = m.input({3, 4});
  CHECK(problem(m, m.emit("relu", {x}, {})) == "%1 is called a view, but relu computes something");
  CHECK(
      problem(m, m.emit("pad", {x},
                        {{"axis", int64_t{-1}}, {"before", int64_t{1}}, {"after", int64_t{0}}})) ==
      "%2 is called a view, but pad has elements that no operand holds");
  // Two operands that both have each element, and one whose elements depend on data.
  const auto both = [](const ops::Call& call) {
    ops::SpaceBuilder builder;
    const std::vector<size_t> axes = ops::add_axes(builder, call.output(0).dims);
    const ops::Access access =
        ops::broadcast_access(call.output(0).dims, call.output(0).dims, axes);
    return builder.input(access).input(access).output(access).finish();
  };
  const auto indexed = [](const ops::Call& call) {
    ops::SpaceBuilder builder;
    const std::vector<size_t> axes = ops::add_axes(builder, call.output(0).dims);
    ops::Access access = ops::broadcast_access(call.output(0).dims, call.output(0).dims, axes);
    builder.output(access);
    access.is_indexed = true;
    return builder.input(access).finish();
  };
  const ops::OpDef blend = {.name = "blend", .work = ops::Work::none, .space = both};
  const ops::OpDef pick = {.name = "pick", .work = ops::Work::none, .space = indexed};
  const ir::TensorType type = {.dims = {3, 4}};
  m.view_nodes[0] = {.op = &blend,
                     .call = {.inputs = {type, type}, .outputs = {type}, .attributes = {}},
                     .inputs = {x, x},
                     .output = {1}};
  CHECK(problem(m, ValueId{1}) ==
        "%1 is called a view, but blend has several sources of an element");
  m.view_nodes[0] = {.op = &pick,
                     .call = {.inputs = {type}, .outputs = {type}, .attributes = {}},
                     .inputs = {x},
                     .output = {1}};
  CHECK(problem(m, ValueId{1}) == "%1 is called a view, but pick takes elements as data says");
  m.view_nodes[0] = {.op = &ops::op("transpose"),
                     .call = {.inputs = {ir::TensorType{.dims = {3, 4}}},
                              .outputs = {ir::TensorType{.dims = {4, 3}}},
                              .attributes = ops::complete_attributes(ops::op("transpose"), {})},
                     .inputs = {ValueId{1}},
                     .output = {1}};
  CHECK(problem(m, ValueId{1}) == "view %1 leads back to itself");
}

TEST_CASE("random chains of views lead to the elements that evaluation moves there") {
  int views = 0;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    Moves m;
    std::vector<ValueId> values;
    for (int i = 0; i < 2; ++i)
      values.push_back(m.input({random.between(1, 4), random.between(1, 6), random.between(1, 4)}));
    for (int64_t i = random.between(1, 5); i > 0; --i) {
      const ValueId x =
          values[static_cast<size_t>(random.between(0, static_cast<int64_t>(values.size()) - 1))];
      const ir::Dims dims = m.graph.type(x).dims;
      const auto rank = static_cast<int64_t>(dims.size());
      const int64_t axis = random.between(-rank, -1);
      const int64_t extent = dims[static_cast<size_t>(rank + axis)];
      const int64_t begin = random.between(0, extent - 1);
      const auto count = ir::element_count(dims);
      const int64_t choice = random.between(0, 4);
      if (count > 300) continue;
      if (choice == 0)
        values.push_back(
            m.emit("transpose", {x}, {{"axes", rank == 3 ? ir::Dims{2, 0, 1} : ir::Dims{1, 0}}}));
      else if (choice == 1)
        values.push_back(
            m.emit("slice", {x},
                   {{"axis", axis}, {"begin", begin}, {"end", random.between(begin + 1, extent)}}));
      else if (choice == 2)
        values.push_back(m.emit("concat", {x, x}, {{"axis", axis}}));
      else if (choice == 3)
        values.push_back(
            m.emit("reshape", {x},
                   {{"dims", count % 4 == 0 ? ir::Dims{4, count / 4} : ir::Dims{1, 1, count}}}));
      else if (extent == 1) {
        ir::Dims wide = dims;
        wide[static_cast<size_t>(rank + axis)] = 3;
        values.push_back(m.emit("broadcast", {x}, {{"dims", wide}}));
      }
    }
    // A random region of the last value, in a buffer of its own.
    const ValueId value = values.back();
    const ir::Dims dims = m.graph.type(value).dims;
    std::vector<ops::Range> region;
    ir::Dims extent;
    for (const int64_t length : dims) {
      const int64_t begin = random.between(0, length - 1);
      region.push_back({begin, random.between(begin + 1, length)});
      extent.push_back(region.back().extent());
    }
    const schedule::View view = schedule::whole({}, extent);
    const auto found = Names(m.view_nodes).origins(elements_of(value, dims, region, view));
    REQUIRE(std::holds_alternative<std::vector<Elements>>(found));
    std::vector<double> expected;
    const ops::Tensor& tensor = m.tensors.at(value.index);
    const ir::Dims dense = ir::dense_strides(dims), own = ir::dense_strides(extent);
    for (int64_t i = 0; i < ir::element_count(extent); ++i) {
      int64_t at = 0;
      for (size_t d = 0; d < dims.size(); ++d)
        at += (region[d].begin + i / own[d] % extent[d]) * dense[d];
      expected.push_back(tensor.data[static_cast<size_t>(at)]);
    }
    CHECK(picture(m, std::get<std::vector<Elements>>(found), ir::element_count(extent)) ==
          expected);
    views += value.index >= 2 ? 1 : 0;
  }
  CHECK(views > 1500);
}

}  // namespace
}  // namespace tdc::memory
