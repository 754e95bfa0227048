#include "driver/trace.h"

#include <fmt/format.h>

#include <cstring>
#include <map>

#include "graph/interpret.h"
#include "support/check.h"

namespace tdc::driver {
namespace {

bool is_of_data(const ir::Input& input) {
  return input.kind == ir::InputKind::sample || input.kind == ir::InputKind::target;
}

/// Takes the tensor's elements, of four bytes each, from the front of `bytes`.
ops::Tensor take(std::span<const std::byte>& bytes, const ir::TensorType& type) {
  ops::Tensor result(type);
  TDC_CHECK(bytes.size() >= result.data.size() * sizeof(float), "the micro-batch ends early");
  for (double& element : result.data) {
    if (type.dtype == ir::DType::f32) {
      float number = 0;
      std::memcpy(&number, bytes.data(), sizeof number);
      element = static_cast<double>(number);
    } else {
      int32_t number = 0;
      std::memcpy(&number, bytes.data(), sizeof number);
      element = number;
    }
    bytes = bytes.subspan(sizeof(float));
  }
  return result;
}

io::Array to_array(std::string name, const ops::Tensor& tensor) {
  if (tensor.type.dtype == ir::DType::f32)
    return io::make_array(std::move(name), tensor.type.dims,
                          std::vector<float>(tensor.data.begin(), tensor.data.end()));
  return io::make_array(std::move(name), tensor.type.dims,
                        std::vector<int32_t>(tensor.data.begin(), tensor.data.end()));
}

}  // namespace

std::vector<io::Array> trace_values(const Compilation& compilation,
                                    std::span<const std::byte> input) {
  const ir::Graph* graph = compilation.module.find_graph(ir::GraphKind::train_step);
  TDC_CHECK(graph != nullptr, "the program does not train");
  std::vector<bool> is_left_out(graph->values.size(), false);
  graph::InterpreterInputs inputs;
  for (const ir::Input& each : graph->inputs) {
    // The rate and the count only scale updates, which the trace leaves out.
    is_left_out[each.value.index] = !is_of_data(each);
    inputs.arguments.emplace(each.name, is_of_data(each) ? take(input, graph->type(each.value))
                                                         : ops::Tensor(graph->type(each.value)));
  }
  for (const ir::Read& read : graph->reads) {
    const std::vector<float>& elements = compilation.initial_values[read.variable];
    inputs.variables.emplace(read.variable,
                             ops::Tensor(graph->type(read.value),
                                         std::vector<double>(elements.begin(), elements.end())));
    is_left_out[read.value.index] =
        compilation.module.variables[read.variable].kind == ir::VariableKind::accumulator;
  }
  for (const ir::Node& node : graph->nodes)
    if (node.phase == ir::Phase::update)
      for (const ir::ValueId output : node.outputs) is_left_out[output.index] = true;

  const graph::InterpreterResults results = graph::interpret(*graph, inputs);
  std::vector<io::Array> trace;
  std::map<std::string, int> uses;
  const auto add = [&](ir::ValueId value) {
    std::string name = graph->values[value].name;
    for (const ir::Output& output : graph->outputs)
      if (output.value == value && name.empty()) name = output.name;
    if (name.empty() || is_left_out[value.index]) return;
    const int use = ++uses[name];
    trace.push_back(
        to_array(use == 1 ? name : fmt::format("{}#{}", name, use), results.values[value]));
  };
  for (const ir::Input& each : graph->inputs) add(each.value);
  for (const ir::Read& read : graph->reads) add(read.value);
  for (const ir::Node& node : graph->nodes)
    for (const ir::ValueId output : node.outputs) add(output);
  return trace;
}

}  // namespace tdc::driver
