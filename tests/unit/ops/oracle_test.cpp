// Holds the reference evaluation and the gradient rule of every op against `tests/ops/vectors`,
// which programs in JAX wrote that share nothing with the records (see tests/ops/README.md).

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "graph/interpret.h"
#include "io/npz.h"
#include "ops/builder.h"
#include "ops/registry.h"
#include "ops/rules.h"
#include "support/files.h"
#include "support/json.h"

namespace tdc::ops {
namespace {

/// Both sides compute in double precision, in different orders; but factors that a record holds as
/// attributes (1 / n of a mean) are fp32 there, as in the kernels: half a unit in the last place.
constexpr double kTolerance = 6e-8;

std::string vectors_path(std::string_view op, std::string_view extension) {
  return fmt::format("{}/tests/ops/vectors/{}.{}", TDC_SOURCE_DIR, op, extension);
}

/// The arrays of one case under `INDEX/GROUP/NAME`, and its description.
struct OracleCase {
  const std::vector<io::Array>& arrays;
  const Json& description;
  size_t index;

  [[nodiscard]] const io::Array* find(std::string_view group, std::string_view name) const {
    return io::find_array(arrays, fmt::format("{}/{}/{}", index, group, name));
  }
  /// The array as a tensor; whole numbers become `i32`.
  [[nodiscard]] std::optional<Tensor> tensor(std::string_view group, std::string_view name) const {
    const io::Array* array = find(group, name);
    if (array == nullptr) return std::nullopt;
    ir::TensorType type = {.dims = array->dims};
    std::vector<double> elements;
    const auto copy = [&](auto view) { elements.assign(view.begin(), view.end()); };
    switch (array->type) {
      case io::ElementType::kF32:
        copy(array->view<float>());
        break;
      case io::ElementType::kF64:
        copy(array->view<double>());
        break;
      default:
        type.dtype = ir::DType::i32;
        copy(array->view<int32_t>());
    }
    return Tensor(std::move(type), std::move(elements));
  }
};

/// A JSON value as a node holds the attribute.
ir::AttributeValue to_attribute(const Json& json, AttributeKind kind) {
  if (const bool* boolean = json.as_bool()) return *boolean;
  if (const double* real = json.as_double()) return *real;
  if (const int64_t* integer = json.as_integer()) {
    if (kind == AttributeKind::real) return static_cast<double>(*integer);
    return *integer;
  }
  std::vector<int64_t> integers;
  REQUIRE(json.as_array() != nullptr);
  for (const Json& item : *json.as_array()) integers.push_back(*item.as_integer());
  return integers;
}

ir::Attributes to_attributes(const OpDef& op, const Json& description) {
  ir::Attributes attributes;
  for (const auto& [name, value] : *description.find("attributes")->as_object()) {
    const auto definition =
        std::ranges::find(op.attributes, std::string_view(name), &AttributeDef::name);
    REQUIRE_MESSAGE(definition != op.attributes.end(), op.name, " has no attribute ", name);
    attributes.set(name, to_attribute(value, definition->kind));
  }
  return complete_attributes(op, std::move(attributes));
}

void check_near(const Tensor& got, const Tensor& expected) {
  REQUIRE(got.type.dims == expected.type.dims);
  double scale = 1;
  for (const double element : expected.data)
    if (std::isfinite(element)) scale = std::max(scale, std::abs(element));
  size_t far = 0;
  for (size_t i = 0; i < got.data.size(); ++i) {
    const bool is_near = got.data[i] == expected.data[i] ||  // infinities, too
                         (std::isnan(got.data[i]) && std::isnan(expected.data[i])) ||
                         std::abs(got.data[i] - expected.data[i]) <= kTolerance * scale;
    if (!is_near) ++far;  // a NaN is far from all else
  }
  CHECK(far == 0);
}

/// Builds the call and its gradients from cotangents that are inputs of the graph, and runs it.
void check_case(const OpDef& op, const OracleCase& oracle) {
  const Signature& operands = signature(op);
  ir::Graph graph = {.name = "case"};
  ops::Builder builder(graph);
  graph::InterpreterInputs arguments;
  const auto add_input = [&](std::string name, Tensor tensor) {
    const ir::ValueId value = builder.add_input(name, ir::InputKind::sample, tensor.type, false);
    arguments.arguments.emplace(std::move(name), std::move(tensor));
    return value;
  };

  // Names come from the reference file, in the order of the signature; what it leaves out is
  // absent. Members of a list are counted: `xs0`, `xs1`.
  const size_t given = oracle.description.find("inputs")->as_array()->size();
  const size_t count = operands.has_list() ? given : operands.inputs.size();
  REQUIRE(operands.takes(count));
  ir::ValueIds inputs(count);
  std::vector<bool> needed(count);
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) {
    const Operand& operand = operands.input(i);
    names.push_back(operand.is_list
                        ? fmt::format("{}{}", operand.name, i + 1 - operands.inputs.size())
                        : operand.name);
    std::optional<Tensor> tensor = oracle.tensor("input", names[i]);
    if (!tensor) {
      REQUIRE_MESSAGE(operand.is_optional, "no input ", names[i]);
      continue;
    }
    needed[i] = tensor->type.dtype == ir::DType::f32;
    inputs[i] = add_input("input " + names[i], std::move(*tensor));
  }
  REQUIRE(std::count_if(inputs.begin(), inputs.end(), [](ir::ValueId id) {
            return id.is_valid();
          }) == static_cast<ptrdiff_t>(given));

  const ir::ValueIds outputs =
      builder.emit_all(op.name, inputs, to_attributes(op, oracle.description));
  REQUIRE(outputs.size() == oracle.description.find("outputs")->as_array()->size());
  ir::ValueIds cotangents;
  for (size_t i = 0; i < outputs.size(); ++i) {
    std::optional<Tensor> cotangent = oracle.tensor("cotangent", operands.outputs[i].name);
    REQUIRE_MESSAGE(cotangent.has_value(), "no output ", operands.outputs[i].name);
    REQUIRE(cotangent->type.dims == graph.type(outputs[i]).dims);
    cotangents.push_back(add_input("cotangent " + operands.outputs[i].name, std::move(*cotangent)));
  }
  std::vector<std::optional<ir::ValueId>> gradients(inputs.size());
  if (const auto* rule = std::get_if<GradientRule>(&op.gradient)) {
    const ir::Node node = graph.nodes[graph.values[outputs[0]].producer];
    GradientContext context(builder, node, cotangents, needed);
    (*rule)(context);
    gradients = context.gradients();
  }

  const graph::InterpreterResults results = graph::interpret(graph, arguments);
  for (size_t i = 0; i < outputs.size(); ++i)
    check_near(results.values[outputs[i]], *oracle.tensor("output", operands.outputs[i].name));
  if (std::holds_alternative<NoGradient>(op.gradient)) return;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!needed[i]) continue;
    CAPTURE(names[i]);
    const Tensor expected = *oracle.tensor("gradient", names[i]);
    // No gradient is one of zeros: that of a mask.
    check_near(gradients[i] ? results.values[*gradients[i]] : Tensor(expected.type), expected);
  }
}

TEST_CASE("every op that users can call agrees with an independent reference") {
  for (const OpDef* op : all_ops()) {
    if (op->visibility != Visibility::user) continue;
    INFO("op ", std::string(op->name));
    const Result<std::string> text = read_file(vectors_path(op->name, "json"));
    CHECK_MESSAGE(text.ok(), "add tests/ops/", std::string(op->name),
                  ".py and run tests/ops/oracle.py");
    if (!text.ok()) continue;
    const Json description = parse_json(text.value()).value();
    const std::vector<io::Array> arrays =
        io::read_npz(vectors_path(op->name, "npz")).value().arrays;
    const JsonArray& cases = *description.find("cases")->as_array();
    CHECK(!cases.empty());
    for (size_t i = 0; i < cases.size(); ++i) {
      CAPTURE(i);
      check_case(*op, {.arrays = arrays, .description = cases[i], .index = i});
    }
  }
}

}  // namespace
}  // namespace tdc::ops
