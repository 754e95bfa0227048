#include "driver/options.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

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
  for (const char* good : {"cct", "a1_", "net_2"})
    CHECK(problem({"check", "n.td", "--prefix", good}).empty());
  for (const char* bad : {"", "9a", "a b", "Cct", "a-b", "../x", "\xc3\xa9"})
    CHECK(problem({"check", "n.td", "--prefix", bad}) ==
          std::string("--prefix: `") + bad +
              "` cannot begin C names; use a to z, 0 to 9 and _, first no digit");
  for (const auto& [prefix, name] :
       std::vector<std::pair<std::string, std::string>>{{"mtx", "mtx_init"},
                                                        {"f", "F_OK"},
                                                        {"td_runner", "TD_RUNNER_OK"},
                                                        {"_a", "_a_init"}})
    CHECK(problem({"check", "n.td", "--prefix", prefix}) ==
          "--prefix: `" + prefix + "` would give the model a `" + name +
              "`, which is a name of C or of the runtime");
  CHECK(problem({"check", "n.td", "--prefix", std::string(200, 'a')}).empty());
  CHECK(problem({"check", "n.td", "--prefix", std::string(201, 'a')}) ==
        "--prefix: a prefix of 201 characters makes file names that are too long; 200 are allowed");
}

TEST_CASE("options: those of the simulated chip, and only there") {
  const std::vector<std::string> run = {"run", "net.td", "--data", "d.npz", "--on"};
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = run;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const auto parsed =
      parse_options(with({"rtl", "--set", "cores=2", "--set", "l2_cycles=3", "--cycle-limit", "7",
                          "--profile", "--trace", "t.txt", "--trace-window", "10:20"}));
  const auto& command = std::get<RunCommand>(std::get<Command>(parsed));
  CHECK(command.chip_settings == std::vector<std::string>{"cores=2", "l2_cycles=3"});
  CHECK(command.cycle_limit == 7);
  CHECK(command.profile);
  CHECK(command.trace == "t.txt");
  CHECK(command.trace_window == "10:20");
  CHECK(problem(with({"qemu", "--trace", "t.txt"})) ==
        "`--trace` is about the simulated chip: it is for `--on rtl`");
  CHECK(problem(with({"host", "--cycle-limit", "7"})) ==
        "`--cycle-limit` is about the simulated chip: it is for `--on rtl`");
  CHECK(problem(with({"rtl", "--trace-window", "1:2"})) ==
        "what is traced in that window? give `--trace FILE`");
  for (const char* window : {"", "5", "5:", ":5", "5:5", "6:5", "a:b", "1:2:3", "-1:5", " 1:2"})
    CHECK(problem(with({"rtl", "--trace", "t.txt", "--trace-window", window})) ==
          fmt::format("--trace-window: `{}` is no window of cycles: give FIRST:END, such as "
                      "0:100000",
                      window));
  CHECK(problem({"chip", "now"}) == "`now` is one word too many");
  CHECK(std::holds_alternative<ChipCommand>(std::get<Command>(parse_options({"chip"}))));
}

}  // namespace
}  // namespace tdc::driver
