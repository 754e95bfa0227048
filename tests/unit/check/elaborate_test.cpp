#include <doctest/doctest.h>

#include <algorithm>

#include "check/print.h"
#include "check_source.h"
#include "ops/op.h"

namespace tdc::check {
namespace {

/// The program of `text`; says what is wrong if there is none.
Program program_of(const std::string& text, const Selection& selection = {}) {
  Checked checked = check_source("tdl 1\nuse std.nn\n" + text, selection);
  CHECK(checked.messages() == "");
  REQUIRE(checked.program.has_value());
  return *std::move(checked.program);
}

std::vector<std::string> paths(const Program& program) {
  std::vector<std::string> result;
  for (const ir::Variable& variable : program.module.variables) result.push_back(variable.path);
  return result;
}

std::vector<std::string> ops(const Program& program) {
  std::vector<std::string> result;
  for (const ir::Node& node : program.module.graphs[0].nodes) result.emplace_back(node.op->name);
  return result;
}

std::vector<std::string> trained(const Program& program) {
  std::vector<std::string> result;
  for (const ir::Variable& variable : program.module.variables)
    if (variable.is_trained) result.push_back(variable.path);
  return result;
}

using Texts = std::vector<std::string>;

TEST_CASE("name-2: a call takes the variable's name, else the block's in snake case") {
  const Program program = program_of(R"(
block TwoDense(x: f32[n]) -> f32[n] {
  first = Linear(x, n, bias: false) |> relu
  return Linear(first, n, bias: false)
}
net N(x: f32[4]) -> y: f32[4] { return TwoDense(x) |> TwoDense as second }
)");
  CHECK(paths(program) == Texts{"two_dense.first.weight", "two_dense.linear.weight",
                                "second.first.weight", "second.linear.weight"});
}

TEST_CASE("name-4: indices in a repeat, and one set of parameters for all turns") {
  CHECK(paths(program_of(R"(
net N(x: f32[4]) -> y: f32[4] {
  repeat i, (n, s) in [(3, 1), (4, 2)] { x = Linear(x, n, bias: false) as layers[i * s] }
  return x
}
)")) == Texts{"layers.0.weight", "layers.2.weight"});
  const Program shared = program_of(R"(
net N(x: f32[4]) -> y: f32[4] {
  repeat i in 0..3 { x = Linear(x, 4) as cell shared }
  return x
}
)");
  CHECK(paths(shared) == Texts{"cell.weight", "cell.bias"});
  CHECK(std::count_if(shared.module.graphs[0].nodes.begin(), shared.module.graphs[0].nodes.end(),
                      [](const ir::Node& node) { return node.op->name == "matmul"; }) == 3);
}

TEST_CASE("scope-3: a branch rebinds outer names; scope-4: new ones are visible if all bind them") {
  CHECK(ops(program_of(R"(
block F(x: f32[n], twice: bool) -> f32[n] {
  if twice {
    x = relu(x)
    z = tanh(x)
  } else {
    z = exp(x)
  }
  return z
}
net N(x: f32[4]) -> y: f32[4] { return F(F(x, twice: true), twice: false) }
)")) == Texts{"relu", "tanh", "exp"});
}

TEST_CASE("block arguments name their calls") {
  CHECK(paths(program_of(R"(
block Residual(x: f32[n], inner: block, act: block = relu) -> f32[n] { return x + act(inner(x)) }
block Dense(x: f32[n]) -> f32[n] { return Linear(x, n, bias: false) as fc }
net N(x: f32[4]) -> y: f32[4] { return Residual(x, Dense, act: tanh) as res }
)")) == Texts{"res.inner.fc.weight"});
}

TEST_CASE("static scalars beside tensors become scalar ops") {
  const Program program = program_of(R"(
net N(x: f32[4]) -> y: f32[4] { return 1 / (x * 3 / 8 - 2) }
)");
  CHECK(ops(program) == Texts{"scale", "scale", "add_scalar", "constant", "div"});
  const auto& nodes = program.module.graphs[0].nodes;
  CHECK(nodes[ir::NodeId{1}].attributes.real("factor") == 0.125);
  CHECK(nodes[ir::NodeId{2}].attributes.real("offset") == -2);
  // 1 / 3 is not exact, so dividing by 3 divides.
  CHECK(ops(program_of("net N(x: f32[4]) -> y: f32[4] { return x / 3 }")) ==
        Texts{"constant", "div"});
}

TEST_CASE("op-4: a vector is a row on the left and a column on the right") {
  const Program program = program_of(R"(
net N(a: f32[3], b: f32[3, 4], c: f32[4]) -> y: f32[4], z: f32[3], d: f32[] {
  return a @ b, b @ c, a @ (b @ c)
}
)");
  CHECK(program.module.graphs[0].outputs.size() == 3);
}

TEST_CASE("match-2: later lines win, what no line matches trains") {
  const std::string net = R"(
net N(x: f32[4]) -> y: f32[2] {
  repeat i in 0..4 { x = Linear(x, 4, bias: false) as blocks[i] }
  return Linear(x, 2) as head
}
)";
  const auto select = [&](const std::string& lines) {
    return trained(program_of(net + "train t of N {\n loss mean(y)\n optimizer sgd(lr: 0.1)\n" +
                              lines + "}\n"));
  };
  CHECK(select("") == Texts{"blocks.0.weight", "blocks.1.weight", "blocks.2.weight",
                            "blocks.3.weight", "head.weight", "head.bias"});
  CHECK(select("freeze **\n train blocks[0,2..4].*, !blocks.2.**\n") ==
        Texts{"blocks.0.weight", "blocks.3.weight"});
  CHECK(select("freeze {blocks.*,head}.weight\n") == Texts{"head.bias"});
  CHECK(select("train **\n freeze **.weight\n train head.*\n") ==
        Texts{"head.weight", "head.bias"});
}

TEST_CASE("an adapter stands beside every use of its matrix, and only it trains") {
  const Program program = program_of(R"(
net N(x: f32[3, 4]) -> y: f32[3, 6] { return Linear(x, 6) as fc }
train t of N {
  loss       mean(y)
  optimizer  sgd(lr: 0.1)
  freeze     **
  lora       * rank 2 alpha 8
  assert     params(trainable) == 20
}
)");
  CHECK(trained(program) == Texts{"fc.lora_a", "fc.lora_b"});
  const auto& variables = program.module.variables;
  CHECK(variables[ir::VariableId{2}].type == ir::TensorType{.dims = {2, 4}});
  CHECK(variables[ir::VariableId{3}].type == ir::TensorType{.dims = {6, 2}});
  CHECK(variables[ir::VariableId{2}].init == ir::Initializer{ir::Initializer::Kind::uniform, 0.5});
  CHECK(variables[ir::VariableId{3}].init == ir::Initializer{});
  // The transpose is left behind for `remove_dead`; then the bias is added to the sum.
  CHECK(ops(program) ==
        Texts{"transpose", "matmul", "matmul", "matmul", "scale", "add", "add", "mean"});
  CHECK(program.selection.at(1).matched == Texts{"fc"});
  CHECK(program.selection.at(1).scalars == 20);
}

TEST_CASE("a table that is looked up and multiplied with takes each op's own branch") {
  const Program program = program_of(R"(
block Tied(i: class(5)[4], x: f32[5]) -> f32[4, 3] {
  param table: f32[5, 3] = zeros
  return embedding(i, table) + x @ table
}
net N(i: class(5)[4], x: f32[5]) -> y: f32[4, 3] { return Tied(i, x) as tied }
train t of N {
  loss       mean(y)
  optimizer  sgd(lr: 0.1)
  freeze     **
  lora       tied rank 2
}
)");
  const Texts nodes = ops(program);
  CHECK(std::count(nodes.begin(), nodes.end(), "embedding") == 2);
  CHECK(std::count(nodes.begin(), nodes.end(), "matmul") == 4);
}

TEST_CASE("mode fa freezes the first factor") {
  CHECK(trained(program_of(R"(
net N(x: f32[4]) -> y: f32[6] { return Linear(x, 6) as fc }
train t of N {
  loss       mean(y)
  optimizer  sgd(lr: 0.1)
  freeze     **
  lora       fc rank 1 mode fa init normal(0.02)
}
)")) == Texts{"fc.lora_b"});
}

TEST_CASE("a train block takes over what it extends") {
  const Program program = program_of(R"(
net N(x: f32[4]) -> y: f32[6] { return Linear(x, 6) as fc }
train a of N {
  loss       mean(y)
  optimizer  sgd(lr: 0.1)
  batch      4
  freeze     fc.bias
}
train b extends a {
  optimizer  sgd(lr: 0.5)
  schedule   cosine(steps: 100, warmup: 10, final: 0.1)
  seed       7
}
)",
                                     {.train = "b"});
  REQUIRE(program.training.has_value());
  CHECK(program.training->name == "b");
  CHECK(program.training->optimizer.learning_rate == 0.5);
  CHECK(program.training->batch == 4);
  CHECK(program.training->seed == 7);
  CHECK(program.training->schedule.kind == interface::LearningRateSchedule::Kind::cosine);
  CHECK(program.training->schedule.warmup_steps == 10);
  CHECK(trained(program) == Texts{"fc.weight"});
}

TEST_CASE("learn-3: losses over several labels are their mean") {
  const Program program = program_of(R"(
net N(x: f32[3, 4]) -> y: f32[3, 6] { return Linear(x, 6) as fc }
train a of N {
  target     next: class(6)[3]
  loss       cross_entropy(y, next)
  optimizer  sgd(lr: 0.1)
}
)");
  CHECK(ops(program).back() == "cross_entropy");
}

TEST_CASE("tables of shapes and of the selection") {
  const Program program = program_of(R"(
net N(x: f32[4]) -> y: f32[2] { return Linear(x, 2) as fc }
train a of N {
  loss       mean(y)
  optimizer  sgd(lr: 0.1)
  freeze     **.bias
}
)");
  CHECK(selection_text(program) == R"(train a of N

freeze     **.bias
    1 paths, 2 scalars
    fc.bias

trained  fc.weight  [2, 4]  8
frozen   fc.bias    [2]     2

8 of 10 scalars are trained
)");
  CHECK(shapes_text(program).find("fc.weight  f32[2, 4]  32 B   parameter\n") != std::string::npos);
}

TEST_CASE("name-5: states are variables that selections leave alone and no gradient reaches") {
  const Program program = program_of(R"(
net N(x: f32[4]) -> y: f32[2] {
  return x |> BatchNorm as norm |> Linear(2, bias: false) as fc
}
train a of N {
  loss       mean(y)
  optimizer  sgd(lr: 0.1)
  batch      3
  freeze     **.bias
  train      **
  assert     params(all) == 16
  assert     params(trainable) == 16
  assert     params(states) == 8
}
)");
  const std::string selection = selection_text(program);
  CAPTURE(selection);
  CHECK(selection.find("    4 paths") == std::string::npos);  // of `train **`: no state
  CHECK(selection.find("    3 paths, 16 scalars\n") != std::string::npos);
  CHECK(selection.find("state    norm.running_mean") != std::string::npos);
  CHECK(selection.find("16 of 16 scalars are trained") != std::string::npos);
  CHECK(shapes_text(program).find("norm.running_var   f32[4]     16 B   state\n") !=
        std::string::npos);
  CHECK(check_source(R"(tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[4] { return BatchNorm(x) as norm }
train a of N {
  loss       mean(y)
  optimizer  sgd(lr: 0.1)
  batch      3
  train      norm.running_mean
}
)")
            .messages()
            .find("`norm.running_mean` matches no parameter") != std::string::npos);
}

TEST_CASE("a data block names sources and scales every f32 input of its net") {
  const Checked result = check_source(R"td(tdl 1
net First(a: f32[2, 4], b: f32[3], c: i32[3]) -> y: f32[3] {
  return mean(a, axis: [0, 1]) * b + gather_of(c)
}
block gather_of(c: i32[3]) -> f32[3] {
  param table: f32[5, 1] = zeros
  return embedding(c, table) |> rearrange("n one -> (n one)")
}
net Second(x: f32[1]) -> y: f32[1] { return x }
data second for Second { test npz("s.npz")  std 4 }
data first for First {
  train  idx("images", "labels")
  test   cifar10("../folder")
  std    [2, 0.5] as a
  mean   (-0.25) as a
}
)td");
  CHECK(result.messages() == "");
  REQUIRE(result.program.has_value());
  REQUIRE(result.program->data.has_value());
  const Data& data = *result.program->data;
  CHECK(data.name == "first");
  CHECK(data.train == io::DataSource{.kind = "idx", .paths = {"images", "labels"}});
  CHECK(data.test == io::DataSource{.kind = "cifar10", .paths = {"../folder"}});
  CHECK(data.scalings ==
        std::vector<InputScaling>{{.input = "a", .mean = {-0.25F, -0.25F}, .deviation = {2, 0.5F}},
                                  {.input = "b", .mean = {0}, .deviation = {1}}});
}

}  // namespace
}  // namespace tdc::check
