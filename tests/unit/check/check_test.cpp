#include "check/check.h"

#include <doctest/doctest.h>

#include "check_source.h"

namespace tdc::check {
namespace {

TEST_CASE("the digits example gives its graph, parameters and deployment") {
  const Checked result =
      check_source(read_source_file("examples/mlp_digits/mlp_digits.td"), {.deploy = "cluster"});
  CHECK(result.messages() == "");
  REQUIRE(result.program.has_value());
  const Program& program = *result.program;
  CHECK(program.net == "Mlp");
  CHECK(program.prefix == "mlp");
  std::vector<std::string> paths;
  for (const ir::Variable& variable : program.module.variables) paths.push_back(variable.path);
  CHECK(paths == std::vector<std::string>{"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"});
  CHECK(program.module.variables[ir::VariableId{0}].type == ir::TensorType{.dims = {64, 64}});
  // 1 / sqrt(64), PyTorch's default for both.
  CHECK(program.module.variables[ir::VariableId{0}].init ==
        ir::Initializer{ir::Initializer::Kind::uniform, 0.125});
  CHECK(program.module.variables[ir::VariableId{1}].init ==
        ir::Initializer{ir::Initializer::Kind::uniform, 0.125});
  const ir::Graph& graph = program.module.graphs.at(0);
  CHECK(graph.name == "sample");
  REQUIRE(graph.inputs.size() == 2);
  CHECK(graph.inputs[1].classes == 10);
  REQUIRE(graph.outputs.size() == 3);
  CHECK(graph.outputs[0].name == "logits");
  CHECK(graph.outputs[1].kind == ir::OutputKind::loss);
  CHECK(graph.outputs[2].name == "accuracy");
  REQUIRE(program.training.has_value());
  CHECK(program.training->batch == 8);
  CHECK(program.training->optimizer.learning_rate == 0.1);
  CHECK(program.deployment.chip.name == "pulp_cluster");
  CHECK(program.deployment.chip.levels[program.deployment.chip.tensors].budget == Bytes{2 << 20});
}

}  // namespace
}  // namespace tdc::check
