#include "emit/c_names.h"

#include <doctest/doctest.h>

#include <set>

namespace tdc::emit {
namespace {

schedule::Argument input(const std::string& name) {
  return {.name = name, .buffer = {}, .input_kind = ir::InputKind::sample};
}

TEST_CASE("c names: a parameter keeps its name unless C or the generated file use it") {
  CHECK(parameter_name(input("image")) == "image");
  CHECK(parameter_name(input("x_t")) == "x_t");
  CHECK(parameter_name(input("_")) == "_");
  // Words of C, functions, variables and parameters of the generated file, the runtime, <stdint.h>.
  for (const char* name : {"float", "class", "learning_rate", "apply", "fill_zero", "copy_elements",
                           "loss", "metrics", "scalars", "td_team_run", "int32_t", "UINT8_MAX"})
    CHECK(parameter_name(input(name)) == std::string(name) + "_");
}

TEST_CASE("c names: different names stay different") {
  std::set<std::string> names;
  for (const char* name : {"args", "args_", "args__", "x", "x_", "loss", "loss_", "_", "__", "___"})
    names.insert(parameter_name(input(name)));
  CHECK(names.size() == 10);
}

TEST_CASE("c names: the loss and the metrics have fixed names") {
  schedule::Argument output = {
      .name = "loss", .buffer = {}, .is_output = true, .output_kind = ir::OutputKind::loss};
  CHECK(parameter_name(output) == "loss");
  output = {.name = "x", .buffer = {}, .is_output = true, .output_kind = ir::OutputKind::metric};
  CHECK(parameter_name(output) == "metrics");
  output = {.name = "loss", .buffer = {}, .is_output = true};
  CHECK(parameter_name(output) == "loss_");
}

}  // namespace
}  // namespace tdc::emit
