#include "driver/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "emit/c_names.h"
#include "support/text.h"

// One table per command: its options, each with what it does to the command. Help and suggestions
// are printed from the same tables.

namespace tdc::driver {
namespace {

struct OptionDef {
  std::string value_name;  ///< empty: a flag
  std::string summary;
  /// Stores the value; returns what is wrong with it, or an empty text.
  std::function<std::string(const std::string&)> store;
};

using OptionTable = std::vector<std::pair<std::string, OptionDef>>;

OptionDef text(std::string value_name, std::string summary, std::string& target) {
  return {std::move(value_name), std::move(summary), [&target](const std::string& value) {
            target = value;
            return std::string();
          }};
}

OptionDef flag(std::string summary, bool& target) {
  return {"", std::move(summary), [&target](const std::string&) {
            target = true;
            return std::string();
          }};
}

template <typename T>
OptionDef whole_number(std::string summary, std::optional<T>& target, T lowest) {
  return {"N", std::move(summary), [&target, lowest](const std::string& value) {
            T number{};
            const auto [end, error] =
                std::from_chars(value.data(), value.data() + value.size(), number);
            if (error != std::errc() || end != value.data() + value.size() || number < lowest)
              return fmt::format("`{}` is no whole number of at least {}", value, lowest);
            target = number;
            return std::string();
          }};
}

/// Files are named `<prefix>_weights.c.o`, and file systems take 255 bytes.
constexpr size_t kLongestPrefix = 200;

/// What a C identifier may be, in the lower case of the generated names.
std::string prefix_problem(const std::string& value) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_name =
      !value.empty() && !is_digit(value[0]) &&
      std::all_of(value.begin(), value.end(), [&](char c) { return is_letter(c) || is_digit(c); });
  if (!is_name)
    return fmt::format("`{}` cannot begin C names; use a to z, 0 to 9 and _, first no digit",
                       value);
  if (value.size() > kLongestPrefix)
    return fmt::format(
        "a prefix of {} characters makes file names that are too long; {} are allowed",
        value.size(), kLongestPrefix);
  if (const std::optional<std::string> name = emit::taken_name(value))
    return fmt::format("`{}` would give the model a `{}`, which is a name of C or of the runtime",
                       value, *name);
  return {};
}

/// What is wrong with `FIRST:END`.
std::string window_problem(const std::string& value) {
  const auto number = [](std::string_view digits) -> std::optional<uint64_t> {
    uint64_t result = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), result);
    const bool is_number = error == std::errc() && end == digits.data() + digits.size();
    return is_number ? std::optional(result) : std::nullopt;
  };
  const size_t colon = value.find(':');
  if (colon != std::string::npos) {
    const auto first = number(std::string_view(value).substr(0, colon));
    const auto end = number(std::string_view(value).substr(colon + 1));
    if (first && end && *first < *end) return {};
  }
  return fmt::format("`{}` is no window of cycles: give FIRST:END, such as {}", value,
                     kTraceWindow);
}

OptionTable compile_options(CompileOptions& options) {
  return {
      {"--train", text("NAME", "the `train` block (default: the file's first)", options.train)},
      {"--deploy", text("NAME", "the `deploy` block, or `host`", options.deploy)},
      {"--prefix",
       {"NAME", "of the generated C (default: the net's name)",
        [&options](const std::string& value) {
          options.prefix = value;
          return prefix_problem(value);
        }}},
      {"--platform",
       text("FOLDER", "your own runtime files, for a chip whose `platform` is the folder's name",
            options.platform)},
      {"--weights", text("FILE", "initial weights, .npz or .safetensors", options.weights)},
      {"--seed", whole_number<uint64_t>("for initialisers and shuffling", options.seed, 0)},
      {"--dump", text("STAGE", "print a stage: ast, ir, schedule, plan, or a pass", options.dump)}};
}

void append(OptionTable& table, OptionTable more) {
  for (auto& item : more) table.push_back(std::move(item));
}

OptionTable table_of(Command& command) {
  struct Visitor {
    OptionTable operator()(CompileCommand& c) const {
      OptionTable table = {{"-o", text("FOLDER", "where the C project goes", c.output)}};
      append(table, compile_options(c.compile));
      return table;
    }
    OptionTable operator()(CheckCommand& c) const {
      OptionTable table = {{"--selection", flag("print what each line of the `train` block matched",
                                                c.print_selection)},
                           {"--shapes", flag("print the type of every value", c.print_shapes)}};
      append(table, compile_options(c.compile));
      return table;
    }
    OptionTable operator()(ReportCommand& c) const {
      OptionTable table = {{"--all", flag("one row per `train` block", c.all)}};
      append(table, compile_options(c.compile));
      return table;
    }
    OptionTable operator()(RunCommand& c) const {
      const auto mode = [&c](RunCommand::Mode value) {
        return [&c, value](const std::string&) {
          if (c.mode != RunCommand::Mode::train && c.mode != value)
            return std::string("`--infer` and `--eval` exclude each other");
          c.mode = value;
          return std::string();
        };
      };
      OptionTable table = {
          {"--on",
           {"TARGET", "host, qemu or rtl",
            [&c](const std::string& value) {
              c.target = value;
              return value == "host" || value == "qemu" || value == "rtl"
                         ? std::string()
                         : fmt::format("`{}` is no target: host, qemu or rtl", value);
            }}},
          {"--infer", {"", "results of each sample", mode(RunCommand::Mode::infer)}},
          {"--eval", {"", "mean loss and metrics", mode(RunCommand::Mode::eval)}},
          {"--data",
           text("DATA",
                "FILE.npz, cifar10:FOLDER or idx:IMAGES,LABELS (default: the file's `data` block)",
                c.data)},
          {"--steps",
           whole_number<int64_t>("updates (default: one pass over the data)", c.steps, 0)},
          {"--samples", whole_number<int64_t>("to evaluate or infer (default: all)", c.samples, 1)},
          {"--shuffle", flag("take samples in an order drawn from the seed", c.shuffle)},
          {"--save", text("FILE", "weights after training, results of --infer", c.save)},
          {"--losses", text("FILE.csv", "the loss before each update", c.losses)},
          {"--trace-values",
           text("FILE.npz", "named values of the first step, in double precision", c.trace_values)},
          {"--keep", text("FOLDER", "keep the C project and its binaries there", c.keep)},
          {"--set",
           {"NAME=VALUE", "rtl: a parameter of the chip, such as cores=2; may be repeated",
            [&c](const std::string& value) {
              c.chip_settings.push_back(value);
              return std::string();
            }}},
          {"--cycle-limit",
           whole_number<int64_t>("rtl: end with status 108 after N cycles", c.cycle_limit, 1)},
          {"--profile",
           flag("rtl: where the cycles of each op go; also in report.json", c.profile)},
          {"--trace", text("FILE", "rtl: every instruction of a window of cycles", c.trace)},
          {"--trace-window",
           {"FIRST:END", fmt::format("rtl: ... which is this one (default: {})", kTraceWindow),
            [&c](const std::string& value) {
              c.trace_window = value;
              return window_problem(value);
            }}}};
      append(table, compile_options(c.compile));
      return table;
    }
    OptionTable operator()(ChipCommand&) const { return {}; }
    OptionTable operator()(WeightsShowCommand&) const { return {}; }
    OptionTable operator()(WeightsDiffCommand&) const { return {}; }
    OptionTable operator()(WeightsMergeCommand& c) const {
      return {{"--train",
               text("NAME", "the `train` block that attaches the adapters", c.compile.train)},
              {"--weights", text("FILE", "with adapters, .npz or .safetensors", c.compile.weights)},
              {"--save", text("FILE", "merged weights, .npz or .safetensors", c.save)}};
    }
    OptionTable operator()(HelpCommand&) const { return {}; }
    OptionTable operator()(VersionCommand&) const { return {}; }
  };
  return std::visit(Visitor{}, command);
}

/// A word that is no option: where it goes, and what it is.
struct Positional {
  std::string* target;
  std::string_view what;
};

/// All of which must be given, in this order.
std::vector<Positional> positionals_of(Command& command) {
  struct Visitor {
    std::vector<Positional> operator()(CompileCommand& c) const { return td_file(c.compile); }
    std::vector<Positional> operator()(CheckCommand& c) const { return td_file(c.compile); }
    std::vector<Positional> operator()(ReportCommand& c) const { return td_file(c.compile); }
    std::vector<Positional> operator()(RunCommand& c) const { return td_file(c.compile); }
    std::vector<Positional> operator()(ChipCommand&) const { return {}; }
    std::vector<Positional> operator()(WeightsShowCommand& c) const {
      return {{&c.file, "weight file"}};
    }
    std::vector<Positional> operator()(WeightsDiffCommand& c) const {
      return {{&c.first, "weight file"}, {&c.second, "second weight file"}};
    }
    std::vector<Positional> operator()(WeightsMergeCommand& c) const { return td_file(c.compile); }
    std::vector<Positional> operator()(HelpCommand&) const { return {}; }
    std::vector<Positional> operator()(VersionCommand&) const { return {}; }
    static std::vector<Positional> td_file(CompileOptions& options) {
      return {{&options.file, ".td file"}};
    }
  };
  return std::visit(Visitor{}, command);
}

const std::map<std::string, Command>& commands() {
  static const std::map<std::string, Command> table = {
      {"check", CheckCommand{}},
      {"report", ReportCommand{}},
      {"run", RunCommand{}},
      {"chip", ChipCommand{}},
      {"weights show", WeightsShowCommand{}},
      {"weights diff", WeightsDiffCommand{}},
      {"weights merge", WeightsMergeCommand{}},
      {"help", HelpCommand{}},
      {"--help", HelpCommand{}},
      {"-h", HelpCommand{}},
      {"--version", VersionCommand{}},
  };
  return table;
}

/// The command that the first words name, and how many words that took.
std::pair<Command, size_t> command_of(const std::vector<std::string>& arguments) {
  if (arguments.size() > 1)
    if (const auto named = commands().find(arguments[0] + " " + arguments[1]);
        named != commands().end())
      return {named->second, 2};
  if (const auto named = commands().find(arguments[0]); named != commands().end())
    return {named->second, 1};
  return {CompileCommand{}, 0};
}

/// The lines of a table: name, value, what it does.
std::string option_lines(const OptionTable& table) {
  std::string text;
  for (const auto& [name, option] : table)
    text += fmt::format("  {:<23} {}\n",
                        option.value_name.empty() ? name : name + " " + option.value_name,
                        option.summary);
  return text;
}

std::string missing_words(Command& command) {
  for (const Positional& positional : positionals_of(command))
    if (positional.target->empty()) return fmt::format("no {} is given", positional.what);
  if (const auto* compile = std::get_if<CompileCommand>(&command))
    if (compile->output.empty() && compile->compile.dump.empty())
      return "where does the C go? give `-o FOLDER`";
  if (const auto* run = std::get_if<RunCommand>(&command)) {
    if (run->target.empty() && run->compile.dump.empty())
      return "where does it run? give `--on host`, `--on qemu` or `--on rtl`";
    const bool trains = run->mode == RunCommand::Mode::train;
    if (!trains && run->steps) return "`--steps` counts updates; give `--samples` here";
    if (trains && run->samples)
      return "`--samples` is for `--eval` and `--infer`; give `--steps` here";
    if (!trains && !run->losses.empty()) return "`--losses` needs training";
    if (!trains && !run->trace_values.empty()) return "`--trace-values` needs training";
    if (!trains && run->shuffle) return "`--shuffle` needs training";
    if (run->mode == RunCommand::Mode::eval && !run->save.empty())
      return "`--save` has nothing to write after `--eval`";
    if (run->mode == RunCommand::Mode::infer && run->save.empty() && run->compile.dump.empty())
      return "where do the results go? give `--save FILE.npz`";
    for (const auto& [name, is_given] :
         {std::pair("--set", !run->chip_settings.empty()),
          std::pair("--cycle-limit", run->cycle_limit.has_value()),
          std::pair("--profile", run->profile), std::pair("--trace", !run->trace.empty()),
          std::pair("--trace-window", !run->trace_window.empty())})
      if (is_given && run->target != "rtl" && run->compile.dump.empty())
        return fmt::format("`{}` is about the simulated chip: it is for `--on rtl`", name);
    if (run->trace.empty() && !run->trace_window.empty())
      return "what is traced in that window? give `--trace FILE`";
  }
  if (const auto* merge = std::get_if<WeightsMergeCommand>(&command)) {
    if (merge->compile.weights.empty()) return "what is merged? give `--weights FILE`";
    if (merge->save.empty()) return "where do the merged weights go? give `--save FILE`";
  }
  return {};
}

}  // namespace

std::variant<Command, std::string> parse_options(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return "nothing to do; `tdc --help` says what there is";
  if (arguments[0] == "weights" && command_of(arguments).second == 0)
    return "`weights` is followed by `show`, `diff` or `merge`";
  auto [command, at] = command_of(arguments);
  const OptionTable table = table_of(command);
  const std::vector<Positional> positionals = positionals_of(command);
  for (; at < arguments.size(); ++at) {
    const std::string& word = arguments[at];
    if (word == "--help" || word == "-h") return Command(HelpCommand{});
    if (!word.starts_with('-') || word == "-") {
      const auto next = std::find_if(positionals.begin(), positionals.end(),
                                     [](const auto& each) { return each.target->empty(); });
      if (next == positionals.end()) return fmt::format("`{}` is one word too many", word);
      *next->target = word;
      continue;
    }
    const size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
    const std::string name = word.substr(0, equals);
    const OptionDef* option = nullptr;
    std::vector<std::string> names;
    for (const auto& [each, definition] : table) {
      names.push_back(each);
      if (each == name) option = &definition;
    }
    if (option == nullptr) {
      const std::optional<std::string> near = nearest(name, names);
      return fmt::format("no option is called `{}`{}", name,
                         near ? fmt::format("; did you mean `{}`?", *near) : std::string());
    }
    std::string value;
    if (option->value_name.empty()) {
      if (equals != std::string::npos) return fmt::format("`{}` takes no value", name);
    } else if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (at + 1 < arguments.size()) {
      value = arguments[++at];
    } else {
      return fmt::format("`{}` needs a value: {} {}", name, name, option->value_name);
    }
    if (const std::string problem = option->store(value); !problem.empty())
      return fmt::format("{}: {}", name, problem);
  }
  if (const std::string problem = missing_words(command); !problem.empty()) return problem;
  return command;
}

std::string help_text() {
  std::string text =
      "tdc compiles a .td file, which says what to train and where, to C that trains on the "
      "chip.\n\n"
      "  tdc FILE -o FOLDER         check, compile, and write a self-contained C project\n"
      "  tdc check FILE             all messages, no output\n"
      "  tdc run FILE --on TARGET   compile, build, and train, infer or evaluate there\n"
      "  tdc report FILE            parameters, memory and work\n"
      "  tdc chip                   build the simulated chip unless that is done; print its path\n"
      "  tdc weights show FILE      every array of a weight file\n"
      "  tdc weights diff A B       how far two weight files are apart; 1 if they differ\n"
      "  tdc weights merge FILE     adapters multiplied into their matrices\n"
      "  tdc --version\n";
  CompileOptions compile;
  const OptionTable shared = compile_options(compile);
  text += "\ntdc FILE, check, run and report\n" + option_lines(shared);
  const std::vector<std::pair<std::string, Command>> shown = {
      {"tdc FILE", CompileCommand{}},
      {"tdc check", CheckCommand{}},
      {"tdc run", RunCommand{}},
      {"tdc report", ReportCommand{}},
      {"tdc weights merge", WeightsMergeCommand{}}};
  for (auto [title, command] : shown) {
    OptionTable table = table_of(command);
    if (!std::holds_alternative<WeightsMergeCommand>(command))
      table.resize(table.size() - shared.size());  // the shared ones come last, and are above
    text += fmt::format("\n{}\n", title) + option_lines(table);
  }
  text +=
      "\nExit status: 0 success, 1 the program in the file is wrong or does not fit, 2 wrong "
      "command\n"
      "line, 70 a fault of the compiler itself, 130 interrupted. Of a run on the simulated chip "
      "also\n"
      "101 wild access, 102 misaligned access, 103 illegal instruction, 104 stack overflow, 105 "
      "DMA\n"
      "out of range, 106 data race, 107 deadlock, 108 cycle limit.\n";
  return text;
}

}  // namespace tdc::driver
