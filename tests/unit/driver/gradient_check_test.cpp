// `tdc gradcheck` says that right gradients are right and wrong ones wrong, and tells kinks apart.

#include "driver/gradient_check.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "ops/registry.h"
#include "ops/rules.h"
#include "support/check.h"
#include "support/files.h"
#include "unit/check/check_source.h"

namespace tdc::driver {
namespace {

/// One sample's net of a tanh between two matrices, and where its gradients are compared.
struct Net {
  ir::Module module;
  ir::Graph loss;
  graph::InterpreterInputs at;
};

Net net(const std::string& activation) {
  const check::Checked checked = check::check_source(R"(tdl 1
net N(x: f32[3]) -> y: f32[2] {
  param first: f32[3, 4] = normal(1)
  param second: f32[4, 2] = normal(1)
  return )" + activation + R"((x @ first) @ second
}
train t of N {
  loss       mean(y)
  optimizer  sgd(lr: 0.1)
  batch      2
}
)");
  CHECK(checked.messages() == "");
  REQUIRE(checked.program.has_value());
  Net result = {.module = checked.program->module};
  result.loss = weighted_loss(result.module, result.module.graphs.at(0), 2);
  double next = 0.1;
  const auto fill = [&](ir::ValueId value) {
    ops::Tensor tensor(result.loss.type(value));
    for (double& element : tensor.data) element = next = 1 - 1.7 * next * next;
    return tensor;
  };
  for (const ir::Input& input : result.loss.inputs)
    result.at.arguments.emplace(input.name, fill(input.value));
  for (const ir::Read& read : result.loss.reads)
    result.at.variables.emplace(read.variable, fill(read.value));
  return result;
}

std::vector<CheckedGradient> checked_gradients(const Net& net) {
  Diagnostics diagnostics;
  auto gradients = check_gradients(net.module, net.loss, net.at, 5, 7, diagnostics);
  REQUIRE(gradients.has_value());
  return *std::move(gradients);
}

TEST_CASE("gradcheck: right gradients are right") {
  const std::vector<CheckedGradient> gradients = checked_gradients(net("tanh"));
  REQUIRE(gradients.size() == 2);
  for (const CheckedGradient& each : gradients) {
    CHECK(each.is_right);
    CHECK(each.error < 1e-7);
    CHECK(each.points == 5);
    CHECK(each.kinks == 0);
  }
}

TEST_CASE("gradcheck: a rule broken on purpose is found where its gradient goes") {
  Net wrong = net("tanh");
  ops::OpDef broken = ops::op("tanh");
  // 1 - y instead of 1 - y^2
  broken.gradient = [](ops::GradientContext& g) {
    const ir::ValueId slope =
        g.emit("add_scalar", {g.emit("neg", {g.output()})}, {{"offset", 1.0}});
    g.set(0, g.emit("mul", {g.cotangent(), slope}));
  };
  for (ir::Node& node : wrong.loss.nodes)
    if (node.op->name == "tanh") node.op = &broken;
  const std::vector<CheckedGradient> gradients = checked_gradients(wrong);
  REQUIRE(gradients.size() == 2);
  for (const CheckedGradient& each : gradients) CHECK(each.is_right == (each.path == "second"));
  const std::string text = gradients_text(gradients);
  CHECK(text.find("first  WRONG\n") < text.find("second\n"));  // the worst first
  CHECK(text.find("\n1 of 2 tensors have another gradient") != std::string::npos);
}

TEST_CASE("gradcheck: where the loss has no derivative nothing is compared") {
  for (const std::string activation : {"relu", "abs"}) {
    CAPTURE(activation);
    Net kinked = net(activation);
    // Zeros are where these functions bend.
    std::ranges::fill(kinked.at.variables.begin()->second.data, 0.0);
    const std::vector<CheckedGradient> gradients = checked_gradients(kinked);
    for (const CheckedGradient& each : gradients) {
      CHECK(each.is_right);
      if (each.path == "first") CHECK(each.kinks == 5);
      if (each.path == "first") CHECK(each.points == 0);
    }
  }
}

TEST_CASE("gradcheck: whole files, from their initial values, with statistics of batches") {
  for (const std::string path :
       {"examples/mlp_digits/mlp_digits.td", "tests/diff/norms.td", "tests/diff/gru.td"}) {
    CAPTURE(path);
    SourceFiles files;
    Diagnostics diagnostics;
    const std::string full = std::string(TDC_SOURCE_DIR) + "/" + path;
    const FileId file = files.add(full, read_file(full).value());
    const auto gradients =
        check_file_gradients(files, file, {.compile = {.file = full}, .points = 2}, diagnostics);
    CHECK(!diagnostics.has_errors());
    REQUIRE(gradients.has_value());
    CHECK(gradients->size() >= 4);
    for (const CheckedGradient& each : *gradients) CHECK_MESSAGE(each.is_right, each.path);
  }
}

}  // namespace
}  // namespace tdc::driver
