// The manual's example: its text is a copy (tests/golden/check/), its numbers are those of the
// paper that it reproduces.

#include <doctest/doctest.h>

#include "check_source.h"

namespace tdc::check {
namespace {

struct Strategy {
  std::string name;
  std::string lines;
  int64_t trained;
};

/// The strategies of TrainDeeploy (arXiv 2603.09511) with the scalars that each trains.
const std::vector<Strategy>& strategies() {
  static const std::string matrices = "{attn.{q,k,v,proj},mlp.{fc1,fc2}}";
  static const std::vector<Strategy> all = {
      {"lp", "freeze **\n train head.**\n", 1'290},
      {"lora1", "freeze **\n lora blocks.1." + matrices + " rank 4\n train pool.**, head.**\n",
       7'563},
      {"ft1", "freeze **\n train blocks.1." + matrices + ".weight, pool.**, head.**\n", 99'723},
      {"lora2",
       "freeze **\n lora blocks.*." + matrices + " rank 4 alpha 4\n train pool.**, head.**\n",
       13'707},
      {"ft2", "freeze **\n train blocks[0..2]." + matrices + ".weight, pool.**, head.**\n",
       198'027}};
  return all;
}

int64_t trained_scalars(const Program& program) {
  int64_t count = 0;
  for (const ir::Variable& variable : program.module.variables)
    if (variable.is_trained) count += ir::element_count(variable.type);
  return count;
}

TEST_CASE("the manual's example compiles as it is printed") {
  const std::string text = read_source_file("tests/golden/check/manual_example.td");
  CHECK(read_source_file("grammar/language.md").find("```td\n" + text + "```\n") !=
        std::string::npos);
  for (const char* train : {"ft2", "lora2"}) {
    const Checked result = check_source(text, {.train = train, .deploy = "cluster"});
    CHECK(result.messages() == "");
    REQUIRE(result.program.has_value());
    CHECK(result.program->prefix == "cct");
    CHECK(result.program->deployment.allows_recompute);
    CHECK(trained_scalars(*result.program) == (std::string(train) == "ft2" ? 198'027 : 13'707));
  }
}

TEST_CASE("the manual's library blocks compile as they are printed") {
  // The file's own blocks shadow the library's.
  const Checked result =
      check_source("tdl 1\n" + read_source_file("tests/golden/check/manual_library.td") +
                   R"(
net N(x: f32[6, 8]) -> y: f32[6, 3] {
  return Attention(x, heads: 2) as attn |> Linear(3) as head
}
)");
  CHECK(result.messages() == "");
  REQUIRE(result.program.has_value());
  std::vector<std::string> paths;
  for (const ir::Variable& variable : result.program->module.variables)
    paths.push_back(variable.path);
  CHECK(paths == std::vector<std::string>{"attn.q.weight", "attn.k.weight", "attn.v.weight",
                                          "attn.proj.weight", "attn.proj.bias", "head.weight",
                                          "head.bias"});
}

TEST_CASE("each fine-tuning strategy trains as many scalars as published") {
  const std::string example = read_source_file("tests/golden/check/manual_example.td");
  const std::string net = example.substr(0, example.find("/// Full fine-tuning"));
  for (const Strategy& strategy : strategies()) {
    CAPTURE(strategy.name);
    const Checked result = check_source(
        net + "train " + strategy.name + " of CCT {\n target label: class(10)\n" +
        " loss cross_entropy(logits, label)\n optimizer sgd(lr: 0.01)\n" + strategy.lines +
        " assert params(trainable) == " + std::to_string(strategy.trained) + "\n}\n");
    CHECK(result.messages() == "");
    REQUIRE(result.program.has_value());
    CHECK(trained_scalars(*result.program) == strategy.trained);
  }
}

}  // namespace
}  // namespace tdc::check
