// What lines of a `train` block pick and set, in values: wrong ones would still compile.

#include <doctest/doctest.h>

#include "check_source.h"

namespace tdc::check {
namespace {

using Paths = std::vector<std::string>;

Program checked(const std::string& text) {
  Checked result = check_source("tdl 1\nuse std.nn\n" + text);
  REQUIRE_MESSAGE(result.program.has_value(), result.messages());
  return *std::move(result.program);
}

TEST_CASE("select-3: a range of numbered segments is half-open") {
  const Program program = checked(R"(net N(x: f32[4]) -> y: f32[4] {
  repeat i in 0..5 { x = Linear(x, 4, bias: false) as blocks[i] }
  return x
}
train t of N { loss mean(y) optimizer sgd(lr: 0.1) freeze blocks[1..3].** }
)");
  CHECK(program.selection.at(0).matched == Paths{"blocks.1.weight", "blocks.2.weight"});
}

TEST_CASE("lora-1: alpha / rank below 1 is applied; matrices on the left of `@` are [out, in]") {
  const Program program = checked(R"(block Left(x: f32[n, m], out: dim) -> f32[out, m] {
  param weight: f32[out, n] = ones
  return weight @ x
}
net N(x: f32[6, 3]) -> y: f32[5, 3] { return Left(x, 5) as left }
train t of N { loss mean(y) optimizer sgd(lr: 0.1) freeze ** lora left rank 4 alpha 2 }
)");
  REQUIRE(program.adapters.size() == 1);
  const lora::Adapter& adapter = program.adapters[0];
  CHECK(adapter.scale == 0.5);
  CHECK(adapter.is_base_out_in);
  CHECK(program.module.variables[adapter.factor_a].type.dims == ir::Dims{4, 6});
  CHECK(program.module.variables[adapter.factor_b].type.dims == ir::Dims{5, 4});
}

TEST_CASE("data-2: a list of means with one deviation") {
  const Program program = checked(R"(net N(x: f32[2, 3]) -> y: f32[2, 3] { return Scale(x) as s }
block Scale(x: f32[..]) -> f32[..] {
  param by: f32[] = ones
  return x * by
}
data d for N {
  mean [0.5, 0.25]
  std 0.125
}
)");
  REQUIRE(program.data.has_value());
  CHECK(program.data->scalings ==
        std::vector<InputScaling>{
            {.input = "x", .mean = {0.5F, 0.25F}, .deviation = {0.125F, 0.125F}}});
}

TEST_CASE("name-2: a block argument that is an op calls no block") {
  const Program program = checked(R"(block Act(x: f32[n], act: block) -> f32[n] {
  h = act(Linear(x, n, bias: false))
  return h
}
net N(x: f32[4]) -> y: f32[4] { return Act(x, relu) as a }
)");
  REQUIRE(program.module.variables.size() == 1);
  const ir::VariableId weight = program.module.variables.ids().front();
  CHECK(program.module.variables[weight].path == "a.h.weight");
}

}  // namespace
}  // namespace tdc::check
