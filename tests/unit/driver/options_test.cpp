#include <doctest/doctest.h>

#include "driver/options.h"

namespace tdc::driver {
namespace {

std::string problem(const std::vector<std::string>& arguments) {
  const auto parsed = parse_options(arguments);
  const auto* text = std::get_if<std::string>(&parsed);
  return text != nullptr ? *text : std::string();
}

TEST_CASE("options: the commands on weight files") {
  const auto show = parse_options({"weights", "show", "w.npz"});
  CHECK(std::get<WeightsShowCommand>(std::get<Command>(show)).file == "w.npz");
  const auto diff = parse_options({"weights", "diff", "a.npz", "b.npz"});
  CHECK(std::get<WeightsDiffCommand>(std::get<Command>(diff)).first == "a.npz");
  CHECK(std::get<WeightsDiffCommand>(std::get<Command>(diff)).second == "b.npz");
  const auto merge = parse_options(
      {"weights", "merge", "net.td", "--train", "lora2", "--weights=w.npz", "--save", "m.npz"});
  const auto& command = std::get<WeightsMergeCommand>(std::get<Command>(merge));
  CHECK(command.compile.file == "net.td");
  CHECK(command.compile.train == "lora2");
  CHECK(command.compile.weights == "w.npz");
  CHECK(command.save == "m.npz");
}

TEST_CASE("options: what is missing of a command on weight files") {
  CHECK(problem({"weights"}) == "`weights` is followed by `show`, `diff` or `merge`");
  CHECK(problem({"weights", "list"}) == "`weights` is followed by `show`, `diff` or `merge`");
  CHECK(problem({"weights", "show"}) == "no weight file is given");
  CHECK(problem({"weights", "show", "a", "b"}) == "`b` is one word too many");
  CHECK(problem({"weights", "diff", "a"}) == "no second weight file is given");
  CHECK(problem({"weights", "merge"}) == "no .td file is given");
  CHECK(problem({"weights", "merge", "n.td"}) == "what is merged? give `--weights FILE`");
  CHECK(problem({"weights", "merge", "n.td", "--weights", "w.npz"}) ==
        "where do the merged weights go? give `--save FILE`");
  CHECK(problem({"weights", "show", "w.npz", "--seed", "1"}) == "no option is called `--seed`");
}

}  // namespace
}  // namespace tdc::driver
