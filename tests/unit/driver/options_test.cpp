#include "driver/options.h"

#include <doctest/doctest.h>

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

TEST_CASE("options: help is one flag away from every command") {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--help"},
                                             {"-h"},
                                             {"help"},
                                             {"run", "--help"},
                                             {"net.td", "-h"},
                                             {"weights", "merge", "--help"}}) {
    const auto parsed = parse_options(words);
    REQUIRE(std::holds_alternative<Command>(parsed));
    CHECK(std::holds_alternative<HelpCommand>(std::get<Command>(parsed)));
  }
  CHECK(problem({}) == "nothing to do; `tdc --help` says what there is");
}

TEST_CASE("options: a prefix begins C names") {
  for (const char* good : {"cct", "_a1", "net_2"})
    CHECK(problem({"check", "n.td", "--prefix", good}).empty());
  for (const char* bad : {"", "9a", "a b", "Cct", "a-b", "../x", "\xc3\xa9"})
    CHECK(problem({"check", "n.td", "--prefix", bad}) ==
          std::string("--prefix: `") + bad +
              "` cannot begin C names; use a to z, 0 to 9 and _, first no digit");
}

}  // namespace
}  // namespace tdc::driver
