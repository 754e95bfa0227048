#include "driver/options.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "driver/pipeline.h"

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
  const auto fold = parse_options(
      {"weights", "fold", "net.td", "--train", "full", "--weights", "w.npz", "--save", "f.npz"});
  const auto& folding = std::get<WeightsFoldCommand>(std::get<Command>(fold));
  CHECK(folding.compile.file == "net.td");
  CHECK(folding.compile.train == "full");
  CHECK(folding.compile.weights == "w.npz");
  CHECK(folding.save == "f.npz");
}

TEST_CASE("options: what is missing of a command on weight files") {
  CHECK(problem({"weights"}) == "`weights` is followed by `show`, `diff`, `merge` or `fold`");
  CHECK(problem({"weights", "list"}) ==
        "`weights` is followed by `show`, `diff`, `merge` or `fold`");
  CHECK(problem({"weights", "shwo", "w.npz"}) ==
        "`weights` is followed by `show`, `diff`, `merge` or `fold`; did you mean `show`?");
  CHECK(problem({"weights", "show"}) == "no weight file is given");
  CHECK(problem({"weights", "show", "a", "b"}) == "`b` is one word too many");
  CHECK(problem({"weights", "diff", "a"}) == "no second weight file is given");
  CHECK(problem({"weights", "merge"}) == "no .td file is given");
  CHECK(problem({"weights", "merge", "n.td"}) == "what is merged? give `--weights FILE`");
  CHECK(problem({"weights", "merge", "n.td", "--weights", "w.npz"}) ==
        "where do the merged weights go? give `--save FILE`");
  CHECK(problem({"weights", "fold", "n.td"}) == "what is folded? give `--weights FILE`");
  CHECK(problem({"weights", "fold", "n.td", "--weights", "w.npz"}) ==
        "where do the folded weights go? give `--save FILE`");
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
    CHECK(problem({"n.td", "-o", "out", "--prefix", good}).empty());
  for (const char* bad : {"9a", "a b", "Cct", "a-b", "../x", "\xc3\xa9"})
    CHECK(problem({"n.td", "-o", "out", "--prefix", bad}) ==
          std::string("--prefix: `") + bad +
              "` cannot begin C names; use a to z, 0 to 9 and _, first no digit");
  for (const auto& [prefix, name] : std::vector<std::pair<std::string, std::string>>{
           {"mtx", "mtx_init"}, {"f", "F_OK"}, {"td_runner", "TD_RUNNER_OK"}, {"_a", "_a_init"}})
    CHECK(problem({"n.td", "-o", "out", "--prefix", prefix}) ==
          "--prefix: `" + prefix + "` would give the model a `" + name +
              "`, which is a name of C or of the runtime");
  CHECK(problem({"n.td", "-o", "out", "--prefix", std::string(200, 'a')}).empty());
  CHECK(problem({"n.td", "-o", "out", "--prefix", std::string(201, 'a')}) ==
        "--prefix: a prefix of 201 characters makes file names that are too long; 200 are allowed");
}

TEST_CASE("options: explain takes a name, or none") {
  const auto name_in = [](const std::vector<std::string>& words) {
    return std::get<ExplainCommand>(std::get<Command>(parse_options(words))).name;
  };
  CHECK(name_in({"explain"}).empty());
  CHECK(name_in({"explain", "relu"}) == "relu");
  CHECK(problem({"explain", "relu", "gelu"}) == "`gelu` is one word too many");
  CHECK(problem({"explain", ""}) == "an empty word names nothing");
  CHECK(problem({"explian", "relu"}) == "no command `explian`; did you mean `explain`?");
}

TEST_CASE("options: a word that is no command") {
  CHECK(problem({"chekc", "n.td"}) == "no command `chekc`; did you mean `check`?");
  CHECK(problem({"new"}) == "no command `new`; `tdc --help` says what there is");
  CHECK(problem({"chekc", "--help"}) == "no command `chekc`; did you mean `check`?");
  // Names of files.
  for (const char* file : {"n.td", "./n", "folder/n"})
    CHECK(problem({file}) == "where does the C go? give `-o FOLDER`");
}

// ---- every option of every command --------------------------------------------------------------

/// A way to call a command, and the options it takes, each with a value.
struct CommandLine {
  std::vector<std::string> words;
  std::vector<std::string> taken;
};

/// All options there are, each with a value that it can have.
const std::vector<std::vector<std::string>>& all_options() {
  static const std::vector<std::vector<std::string>> options = {{"-o", "out"},
                                                                {"--train", "t"},
                                                                {"--deploy", "d"},
                                                                {"--platform", "own"},
                                                                {"--prefix", "net_2"},
                                                                {"--weights", "w.npz"},
                                                                {"--seed", "7"},
                                                                {"--without", "share_equal"},
                                                                {"--dump", "ir"},
                                                                {"--selection"},
                                                                {"--shapes"},
                                                                {"--all"},
                                                                {"--tiles"},
                                                                {"--points", "9"},
                                                                {"--on", "qemu"},
                                                                {"--infer"},
                                                                {"--eval"},
                                                                {"--data", "d.npz"},
                                                                {"--steps", "3"},
                                                                {"--samples", "3"},
                                                                {"--shuffle"},
                                                                {"--keep-going"},
                                                                {"--save", "s.npz"},
                                                                {"--losses", "l.csv"},
                                                                {"--trace-values", "v"},
                                                                {"--keep", "k"},
                                                                {"--set", "cores=2"},
                                                                {"--cycle-limit", "9"},
                                                                {"--profile"},
                                                                {"--timeline", "t.svg"},
                                                                {"--trace", "t.txt"},
                                                                {"--trace-window", "1:2"}};
  return options;
}

/// A command line that lacks nothing, and the options that it takes beside those it has. What a
/// command takes depends on its words: `--steps` belongs to training, `--samples` to the others.
const std::vector<CommandLine>& command_lines() {
  static const std::vector<std::string> training = {
      "--eval",   "--data",     "--steps",        "--shuffle", "--keep-going",
      "--save",   "--losses",   "--trace-values", "--keep",    "--train",
      "--deploy", "--platform", "--weights",      "--seed",    "--without"};
  static const std::vector<std::string> infer = {"--data",    "--samples", "--keep",
                                                 "--train",   "--deploy",  "--platform",
                                                 "--weights", "--seed",    "--without"};
  static const std::vector<std::string> eval = [] {
    std::vector<std::string> options = infer;
    options.emplace_back("--keep-going");
    return options;
  }();
  const auto with = [](std::vector<std::string> options, const std::vector<std::string>& more) {
    options.insert(options.end(), more.begin(), more.end());
    return options;
  };
  static const std::vector<CommandLine> lines = {
      {{"n.td", "-o", "out"},
       {"--train", "--deploy", "--platform", "--prefix", "--weights", "--seed", "--without"}},
      {{"n.td", "--dump", "plan"}, {"--train", "--deploy", "--platform", "--without"}},
      {{"check", "n.td"},
       {"--selection", "--shapes", "--train", "--deploy", "--platform", "--weights", "--without"}},
      {{"report", "n.td"}, {"--all", "--tiles", "--train", "--deploy", "--platform", "--without"}},
      {{"report", "n.td", "--all"}, {"--deploy", "--platform", "--without"}},
      {{"report", "n.td", "--tiles"}, {"--train", "--deploy", "--platform", "--without"}},
      {{"run", "n.td", "--on", "host"}, training},
      {{"run", "n.td", "--on", "qemu", "--keep", "f"},
       {"--eval", "--data", "--steps", "--shuffle", "--keep-going", "--save", "--losses",
        "--trace-values", "--train", "--deploy", "--platform", "--prefix", "--weights", "--seed",
        "--without"}},
      {{"run", "n.td", "--on", "host", "--eval"}, eval},
      {{"run", "n.td", "--on", "host", "--infer", "--save", "y.npz"}, infer},
      {{"run", "n.td", "--on", "rtl"},
       with(training, {"--set", "--cycle-limit", "--profile", "--timeline", "--trace"})},
      {{"run", "n.td", "--on", "rtl", "--eval"},
       with(eval, {"--set", "--cycle-limit", "--profile", "--timeline", "--trace"})},
      {{"run", "n.td", "--on", "rtl", "--trace", "f"},
       with(training, {"--set", "--cycle-limit", "--profile", "--timeline", "--trace-window"})},
      {{"gradcheck", "n.td"}, {"--points", "--train", "--weights", "--seed"}},
      {{"chip"}, {}},
      {{"explain"}, {}},
      {{"explain", "relu"}, {}},
      {{"weights", "show", "w.npz"}, {}},
      {{"weights", "diff", "w.npz", "v.npz"}, {}},
      {{"weights", "merge", "n.td", "--weights", "w.npz", "--save", "s.npz"}, {"--train"}},
      {{"weights", "fold", "n.td", "--weights", "w.npz", "--save", "s.npz"}, {"--train"}},
      {{"help"}, {}},
      {{"--version"}, {}},
  };
  return lines;
}

TEST_CASE("options: each of them changes what a command does, or is refused") {
  for (const CommandLine& line : command_lines()) {
    const auto plain = parse_options(line.words);
    REQUIRE_MESSAGE(std::holds_alternative<Command>(plain),
                    fmt::format("{}", fmt::join(line.words, " ")));
    for (const std::vector<std::string>& option : all_options()) {
      std::vector<std::string> words = line.words;
      words.insert(words.end(), option.begin(), option.end());
      INFO(fmt::format("{}", fmt::join(words, " ")));
      const auto parsed = parse_options(words);
      const bool is_taken =
          std::find(line.taken.begin(), line.taken.end(), option[0]) != line.taken.end();
      CHECK(std::holds_alternative<Command>(parsed) == is_taken);
      if (!is_taken || !std::holds_alternative<Command>(parsed)) continue;
      CHECK(std::get<Command>(parsed) != std::get<Command>(plain));
      // Once is enough, except for settings of the chip and passes.
      words.insert(words.end(), option.begin(), option.end());
      CHECK(problem(words) == (option[0] == "--set" ? "--set: `cores` is set twice"
                               : option[0] == "--without"
                                   ? "--without: `share_equal` is left out twice"
                                   : fmt::format("`{}` is given twice", option[0])));
    }
  }
}

TEST_CASE("options: the table of the test is whole") {
  // What `--help` lists, and nothing else.
  const std::string help = help_text();
  size_t count = 0;
  for (const std::vector<std::string>& option : all_options())
    CHECK_MESSAGE(help.find("\n  " + option[0] + " ") != std::string::npos, option[0]);
  std::set<std::string> listed;
  for (size_t at = help.find("\n  -"); at != std::string::npos; at = help.find("\n  -", at + 1)) {
    const size_t begin = at + 3;
    listed.insert(help.substr(begin, help.find_first_of(" \n", begin) - begin));
    ++count;
  }
  CHECK(count > listed.size());  // some belong to several commands
  CHECK(listed.size() == all_options().size());
}

TEST_CASE("options: what contradicts, what is out of range, what is empty") {
  CHECK(problem({"n.td", "-o", "x", "--dump", "ir"}) ==
        "`--dump` prints a stage and writes nothing: leave out `-o`");
  CHECK(problem({"report", "n.td", "--all", "--train", "nope"}) ==
        "`--all` shows every `train` block: leave out `--train`");
  CHECK(problem({"report", "n.td", "--all", "--tiles"}) ==
        "`--tiles` is about one `train` block: leave out `--all`");
  CHECK(problem({"run", "n.td", "--on", "host", "--prefix", "net_2"}) ==
        "`--prefix` names C that is thrown away: give `--keep FOLDER`");
  CHECK(problem({"run", "n.td", "--on", "host", "--infer", "--eval", "--save", "y.npz"}) ==
        "`--infer` and `--eval` exclude each other");
  CHECK(problem({"run", "n.td", "--on", "host", "--infer"}) ==
        "where do the results go? give `--save FILE.npz`");
  for (const char* steps :
       {"4294967296", "9223372036854775807", "9223372036854775808", "-1", "1.5"})
    CHECK(problem({"run", "n.td", "--on", "host", "--steps", steps}) ==
          fmt::format("--steps: `{}` is no whole number from 0 to 4294967295", steps));
  CHECK(problem({"run", "n.td", "--on", "host", "--steps", "4294967295"}).empty());
  CHECK(problem({"check", "n.td", "--train", ""}) == "`--train` needs a value: --train NAME");
  CHECK(problem({"check", "n.td", "--train="}) == "`--train` needs a value: --train NAME");
  CHECK(problem({"check", "n.td", "--train"}) == "`--train` needs a value: --train NAME");
  CHECK(problem({"check", "n.td", "--without", "shear_equal"}) ==
        "--without: no pass is called `shear_equal`; there are " +
            fmt::format("{}", fmt::join(pass_names(), ", ")));
  CHECK(problem({"check", "n.td", "--shapes=1"}) == "`--shapes` takes no value");
  CHECK(problem({"check", "", "n.td"}) == "an empty word names nothing");
  CHECK(problem({"run", "n.td", "--on", "rtl", "--set", "cores=2", "--set", "cores=3"}) ==
        "--set: `cores` is set twice");
}

TEST_CASE("options: those of the simulated chip, and only there") {
  const std::vector<std::string> run = {"run", "net.td", "--data", "d.npz", "--on"};
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = run;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const auto parsed = parse_options(
      with({"rtl", "--set", "cores=2", "--set", "l2_cycles=3", "--cycle-limit", "7", "--profile",
            "--timeline", "t.svg", "--trace", "t.txt", "--trace-window", "10:20"}));
  const auto& command = std::get<RunCommand>(std::get<Command>(parsed));
  CHECK(command.chip_settings == std::vector<std::string>{"cores=2", "l2_cycles=3"});
  CHECK(command.cycle_limit == 7);
  CHECK(command.profile);
  CHECK(command.timeline == "t.svg");
  CHECK(command.trace == "t.txt");
  CHECK(command.trace_window == "10:20");
  CHECK(problem(with({"host", "--timeline", "t.svg"})) ==
        "`--timeline` is about the simulated chip: it is for `--on rtl`");
  CHECK(problem(with({"qemu", "--trace", "t.txt"})) ==
        "`--trace` is about the simulated chip: it is for `--on rtl`");
  CHECK(problem(with({"host", "--cycle-limit", "7"})) ==
        "`--cycle-limit` is about the simulated chip: it is for `--on rtl`");
  CHECK(problem(with({"rtl", "--trace-window", "1:2"})) ==
        "what is traced in that window? give `--trace FILE`");
  for (const char* window : {"5", "5:", ":5", "5:5", "6:5", "a:b", "1:2:3", "-1:5", " 1:2"})
    CHECK(problem(with({"rtl", "--trace", "t.txt", "--trace-window", window})) ==
          fmt::format("--trace-window: `{}` is no window of cycles: give FIRST:END, such as "
                      "0:100000",
                      window));
  CHECK(problem({"chip", "now"}) == "`now` is one word too many");
  CHECK(std::holds_alternative<ChipCommand>(std::get<Command>(parse_options({"chip"}))));
}

}  // namespace
}  // namespace tdc::driver
