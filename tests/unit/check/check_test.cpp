#include "check/check.h"

#include <doctest/doctest.h>

#include <fstream>

#include "../temporary_folder.h"
#include "check_source.h"
#include "ops/op.h"

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

/// The codes of everything that was reported, in order.
std::vector<std::string> codes(const Checked& checked) {
  std::vector<std::string> result;
  for (const Diagnostic& diagnostic : checked.diagnostics.sorted())
    result.push_back(diagnostic.code);
  return result;
}

TEST_CASE("what the command line picks must exist") {
  const std::string text = read_source_file("examples/mlp_digits/mlp_digits.td");
  const Checked no_train = check_source(text, {.train = "digit"});
  CHECK(codes(no_train) == std::vector<std::string>{"no-such-train"});
  CHECK(no_train.messages().find("did you mean `digits`?") != std::string::npos);
  CHECK(codes(check_source(text, {.deploy = "board"})) ==
        std::vector<std::string>{"no-such-deploy"});
  const Checked first = check_source(text, {.prefers_deploy_of_file = true});
  REQUIRE(first.program.has_value());
  CHECK(first.program->deployment.name == "cluster");
  const Checked host = check_source(text);
  REQUIRE(host.program.has_value());
  CHECK(host.program->deployment.chip.name == "host");
  CHECK_FALSE(host.program->deployment.chip.has_budget);
}

TEST_CASE("limit-2: blocks that nest without recursion end at a depth that the stack holds") {
  std::string text = "tdl 1\nblock B0(x: f32[n]) -> f32[n] { return relu(x) }\n";
  const auto nested = [](int calls, const std::string& block) {
    std::string open, close;
    for (int i = 0; i < calls; ++i) {
      open += "relu(";
      close += ")";
    }
    return open + block + "(x)" + close;
  };
  for (int i = 1; i <= 20; ++i)
    text += "block B" + std::to_string(i) + "(x: f32[n]) -> f32[n] { return " +
            nested(100, "B" + std::to_string(i - 1)) + " }\n";
  CHECK(codes(check_source(text + "net N(x: f32[4]) -> y: f32[4] { return B20(x) }\n")) ==
        std::vector<std::string>{"elaboration-depth"});
  CHECK(codes(check_source(text + "net N(x: f32[4]) -> y: f32[4] { return B5(x) }\n")).empty());
}

TEST_CASE("a file uses files beside it; its own names come first") {
  const TemporaryFolder folder;
  std::ofstream(folder / "blocks.td") << R"(tdl 1
use std.nn
let width = 3
block Dense(x: f32[n]) -> f32[width] { return Linear(x, width, bias: false) as fc }
block relu(x: f32[n]) -> f32[n] { return x }
)";
  const Checked result = check_source(R"(tdl 1
use "./blocks.td"
let width = 4
net N(x: f32[width]) -> y: f32[3] { return relu(Dense(x)) }
)",
                                      {}, folder / "main.td");
  CHECK(result.messages() == "");
  REQUIRE(result.program.has_value());
  // Dense sees the width of its own file; `relu` is the block.
  CHECK(result.program->module.variables[ir::VariableId{0}].path == "dense.fc.weight");
  CHECK(result.program->module.variables[ir::VariableId{0}].type == ir::TensorType{.dims = {3, 4}});
  for (const ir::Node& node : result.program->module.graphs[0].nodes)
    CHECK(node.op->name != "relu");
}

TEST_CASE("a `let` that is the extent of a result is used, also in a block that nobody calls") {
  const Checked result = check_source(R"(tdl 1
let n = 3
block Unused(x: f32[m]) -> f32[n] { return x }
net N(x: f32[3]) -> y: f32[3] { return relu(x) }
)");
  CHECK(result.messages() == "");
}

TEST_CASE("a syntax error in a used file is all that is said") {
  const TemporaryFolder folder;
  std::ofstream(folder / "blocks.td") << "tdl 1\nblock Dense(x: f32[n] -> f32[n] { return x }\n";
  const Checked result = check_source(R"(tdl 1
use "./blocks.td"
net N(x: f32[4]) -> y: f32[4] { return Dense(x) |> Linear(4) }
train t of N { loss mean(z) optimizer sgd(lr: 0.1) }
)",
                                      {}, folder / "main.td");
  CHECK(codes(result).size() == 1);
  CHECK(result.messages().find("blocks.td:2:") != std::string::npos);
}

}  // namespace
}  // namespace tdc::check
