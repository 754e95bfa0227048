#include "driver/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include "driver/pipeline.h"
#include "emit/c_names.h"
#include "support/text.h"

// One table per command: its options, each with what it does to the command, and one of the options
// that mean something only with or without others. Nothing that is written is ignored: a command
// does not have options that change nothing of what it does. Help and suggestions are printed from
// the same tables.

namespace tdc::driver {
namespace {

struct OptionDef {
  std::string value_name;  ///< empty: a flag
  std::string summary;
  /// Stores the value; returns what is wrong with it, or an empty text.
  std::function<std::string(const std::string&)> store;
  bool may_be_repeated = false;
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
OptionDef whole_number(std::string summary, std::optional<T>& target, T lowest,
                       T highest = std::numeric_limits<T>::max()) {
  return {"N", std::move(summary), [&target, lowest, highest](const std::string& value) {
            T number{};
            const auto [end, error] =
                std::from_chars(value.data(), value.data() + value.size(), number);
            if (error != std::errc() || end != value.data() + value.size() || number < lowest ||
                number > highest)
              return fmt::format("`{}` is no whole number from {} to {}", value, lowest, highest);
            target = number;
            return std::string();
          }};
}

/// Files are named `<prefix>_weights.S.o`, and file systems take 255 bytes.
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

// ---- the options of every command ---------------------------------------------------------------

std::pair<std::string, OptionDef> train_option(CompileOptions& options) {
  return {"--train", text("NAME", "the `train` block (default: the file's first)", options.train)};
}

std::pair<std::string, OptionDef> deploy_option(CompileOptions& options) {
  return {"--deploy", text("NAME", "the `deploy` block, or `host`", options.deploy)};
}

std::pair<std::string, OptionDef> platform_option(CompileOptions& options) {
  return {"--platform",
          text("FOLDER", "your own runtime files, for a chip whose `platform` is the folder's name",
               options.platform)};
}

std::pair<std::string, OptionDef> prefix_option(CompileOptions& options) {
  return {"--prefix",
          {"NAME", "of the generated C (default: the net's name)",
           [&options](const std::string& value) {
             options.prefix = value;
             return prefix_problem(value);
           }}};
}

std::pair<std::string, OptionDef> weights_option(CompileOptions& options) {
  return {"--weights", text("FILE", "initial weights, .npz or .safetensors", options.weights)};
}

/// Takes down a pass that is left out.
std::string leave_out(std::vector<std::string>& without, const std::string& name) {
  const std::vector<std::string> names = pass_names();
  if (std::find(names.begin(), names.end(), name) == names.end())
    return fmt::format("no pass is called `{}`; there are {}", name, fmt::join(names, ", "));
  if (std::find(without.begin(), without.end(), name) != without.end())
    return fmt::format("`{}` is left out twice", name);
  without.push_back(name);
  return {};
}

std::pair<std::string, OptionDef> without_option(CompileOptions& options) {
  return {
      "--without",
      {"PASS", "leave out a pass; results have the same bits; may be repeated",
       [&options](const std::string& value) { return leave_out(options.without, value); }, true}};
}

OptionTable options_of(CompileCommand& c) {
  return {{"-o", text("FOLDER", "where the C project goes", c.output)},
          train_option(c.compile),
          deploy_option(c.compile),
          platform_option(c.compile),
          prefix_option(c.compile),
          weights_option(c.compile),
          {"--seed", whole_number<uint64_t>("for initialisers", c.compile.seed, 0)},
          without_option(c.compile),
          {"--dump",
           text("STAGE", "print a stage and write nothing: ast, ir, schedule, plan, or a pass",
                c.compile.dump)}};
}

OptionTable options_of(CheckCommand& c) {
  return {
      {"--selection", flag("print what each line of the `train` block matched", c.print_selection)},
      {"--shapes", flag("print the type of every value", c.print_shapes)},
      train_option(c.compile),
      deploy_option(c.compile),
      platform_option(c.compile),
      weights_option(c.compile),
      without_option(c.compile)};
}

OptionTable options_of(ReportCommand& c) {
  return {{"--all", flag("one row per `train` block", c.all)},
          {"--tiles",
           flag("the tile of each step, and what moves to and from the scratchpad", c.tiles)},
          train_option(c.compile),
          deploy_option(c.compile),
          platform_option(c.compile),
          without_option(c.compile)};
}

OptionTable options_of(GradcheckCommand& c) {
  return {{"--points", whole_number<int64_t>(fmt::format("derivatives of each tensor (default: {})",
                                                         kGradcheckPoints),
                                             c.points, 1, kMostGradcheckPoints)},
          train_option(c.compile),
          weights_option(c.compile),
          {"--seed", whole_number<uint64_t>("for initialisers and inputs", c.compile.seed, 0)}};
}

std::string add_chip_setting(std::vector<std::string>& settings, const std::string& value) {
  const std::string name = value.substr(0, value.find('=') + 1);
  for (const std::string& each : settings)
    if (!name.empty() && each.starts_with(name))
      return fmt::format("`{}` is set twice", name.substr(0, name.size() - 1));
  settings.push_back(value);
  return {};
}

OptionTable options_of(RunCommand& c) {
  const auto mode = [&c](RunCommand::Mode value) {
    return [&c, value](const std::string&) {
      c.mode = value;
      return std::string();
    };
  };
  return {
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
       whole_number<int64_t>("updates (default: one pass over the data)", c.steps, 0, kMostSteps)},
      {"--samples", whole_number<int64_t>("to evaluate or infer (default: all)", c.samples, 1)},
      {"--shuffle", flag("take samples in an order drawn from the seed", c.shuffle)},
      {"--keep-going",
       flag("go on when the loss is infinite or no number, and save all the same", c.keep_going)},
      {"--save", text("FILE", "weights after training, results of --infer", c.save)},
      {"--losses", text("FILE.csv", "the loss before each update", c.losses)},
      {"--trace-values",
       text("FILE.npz", "named values of the first step, in double precision", c.trace_values)},
      {"--keep", text("FOLDER", "keep the C project and its binaries there", c.keep)},
      {"--set",
       {"NAME=VALUE", "rtl: a parameter of the chip, such as cores=2; may be repeated",
        [&c](const std::string& value) { return add_chip_setting(c.chip_settings, value); }, true}},
      {"--cycle-limit",
       whole_number<int64_t>("rtl: end with status 108 after N cycles", c.cycle_limit, 1)},
      {"--profile", flag("rtl: where the cycles of each op go; also in report.json", c.profile)},
      {"--timeline",
       text("FILE.svg",
            "rtl: a picture of a step: engine, DMA and cores in its first and busiest millisecond",
            c.timeline)},
      {"--trace", text("FILE", "rtl: every instruction of a window of cycles", c.trace)},
      {"--trace-window",
       {"FIRST:END", fmt::format("rtl: ... which is this one (default: {})", kTraceWindow),
        [&c](const std::string& value) {
          c.trace_window = value;
          return window_problem(value);
        }}},
      train_option(c.compile),
      deploy_option(c.compile),
      platform_option(c.compile),
      prefix_option(c.compile),
      weights_option(c.compile),
      {"--seed", whole_number<uint64_t>("for initialisers and shuffling", c.compile.seed, 0)},
      without_option(c.compile)};
}

OptionTable options_of(WeightsMergeCommand& c) {
  return {
      {"--train", text("NAME", "the `train` block that attaches the adapters", c.compile.train)},
      {"--weights", text("FILE", "with adapters, .npz or .safetensors", c.compile.weights)},
      {"--save", text("FILE", "merged weights, .npz or .safetensors", c.save)}};
}

OptionTable options_of(WeightsFoldCommand& c) {
  return {
      {"--train", text("NAME", "the `train` block (default: the file's first)", c.compile.train)},
      {"--weights",
       text("FILE", "with running statistics, .npz or .safetensors", c.compile.weights)},
      {"--save", text("FILE", "folded weights, .npz or .safetensors", c.save)}};
}

OptionTable options_of(ChipCommand&) {
  return {};
}
OptionTable options_of(ExplainCommand&) {
  return {};
}
OptionTable options_of(WeightsShowCommand&) {
  return {};
}
OptionTable options_of(WeightsDiffCommand&) {
  return {};
}
OptionTable options_of(HelpCommand&) {
  return {};
}
OptionTable options_of(VersionCommand&) {
  return {};
}

OptionTable table_of(Command& command) {
  return std::visit([](auto& each) { return options_of(each); }, command);
}

// ---- options that depend on others --------------------------------------------------------------

/// `option` means nothing beside `other`.
struct Exclusion {
  std::string_view option, other, why;
};

constexpr Exclusion kExclusions[] = {
    {"--dump", "-o", "`--dump` prints a stage and writes nothing: leave out `-o`"},
    {"--dump", "--prefix", "no stage depends on `--prefix`; leave it out beside `--dump`"},
    {"--dump", "--weights", "no stage depends on `--weights`; leave it out beside `--dump`"},
    {"--dump", "--seed", "no stage depends on `--seed`; leave it out beside `--dump`"},
    {"--all", "--train", "`--all` shows every `train` block: leave out `--train`"},
    {"--all", "--tiles", "`--tiles` is about one `train` block: leave out `--all`"},
    {"--infer", "--eval", "`--infer` and `--eval` exclude each other"},
    {"--infer", "--steps", "`--steps` counts updates; give `--samples` here"},
    {"--eval", "--steps", "`--steps` counts updates; give `--samples` here"},
    {"--infer", "--losses", "`--losses` needs training"},
    {"--eval", "--losses", "`--losses` needs training"},
    {"--infer", "--trace-values", "`--trace-values` needs training"},
    {"--eval", "--trace-values", "`--trace-values` needs training"},
    {"--infer", "--shuffle", "`--shuffle` needs training"},
    {"--eval", "--shuffle", "`--shuffle` needs training"},
    {"--infer", "--keep-going", "`--keep-going` is about losses, which `--infer` has none of"},
    {"--eval", "--save", "`--save` has nothing to write after `--eval`"},
};

/// What `option` needs: one of these beside it.
struct Need {
  std::string_view option;
  std::vector<std::string_view> others;
  std::string_view why;
};

/// What the options that were given lack or contradict; empty: nothing.
std::string contradiction(const std::set<std::string, std::less<>>& given) {
  static const std::vector<Need> needs = {
      {"--samples",
       {"--infer", "--eval"},
       "`--samples` is for `--eval` and `--infer`; give `--steps` here"},
      {"--infer", {"--save"}, "where do the results go? give `--save FILE.npz`"},
      {"--trace-window", {"--trace"}, "what is traced in that window? give `--trace FILE`"}};
  for (const Exclusion& each : kExclusions)
    if (given.contains(each.option) && given.contains(each.other)) return std::string(each.why);
  for (const Need& need : needs)
    if (given.contains(need.option) &&
        std::none_of(need.others.begin(), need.others.end(),
                     [&](std::string_view other) { return given.contains(other); }))
      return std::string(need.why);
  return {};
}

// ---- words --------------------------------------------------------------------------------------

/// A word that is no option: where it goes, and what it is.
struct Positional {
  std::string* target;
  std::string_view what;
  bool may_be_missing = false;
};

/// In this order.
std::vector<Positional> positionals_of(Command& command) {
  struct Visitor {
    std::vector<Positional> operator()(CompileCommand& c) const { return td_file(c.compile); }
    std::vector<Positional> operator()(CheckCommand& c) const { return td_file(c.compile); }
    std::vector<Positional> operator()(ReportCommand& c) const { return td_file(c.compile); }
    std::vector<Positional> operator()(RunCommand& c) const { return td_file(c.compile); }
    std::vector<Positional> operator()(GradcheckCommand& c) const { return td_file(c.compile); }
    std::vector<Positional> operator()(ChipCommand&) const { return {}; }
    std::vector<Positional> operator()(ExplainCommand& c) const {
      return {{&c.name, "name", true}};
    }
    std::vector<Positional> operator()(WeightsShowCommand& c) const {
      return {{&c.file, "weight file"}};
    }
    std::vector<Positional> operator()(WeightsDiffCommand& c) const {
      return {{&c.first, "weight file"}, {&c.second, "second weight file"}};
    }
    std::vector<Positional> operator()(WeightsMergeCommand& c) const { return td_file(c.compile); }
    std::vector<Positional> operator()(WeightsFoldCommand& c) const { return td_file(c.compile); }
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
      {"gradcheck", GradcheckCommand{}},
      {"chip", ChipCommand{}},
      {"explain", ExplainCommand{}},
      {"weights show", WeightsShowCommand{}},
      {"weights diff", WeightsDiffCommand{}},
      {"weights merge", WeightsMergeCommand{}},
      {"weights fold", WeightsFoldCommand{}},
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

/// What a command that makes other weights of some still needs.
template <typename WeightsCommand>
std::string missing_weights(const WeightsCommand& command, std::string_view done) {
  if (command.compile.weights.empty())
    return fmt::format("what is {}? give `--weights FILE`", done);
  if (command.save.empty())
    return fmt::format("where do the {} weights go? give `--save FILE`", done);
  return {};
}

/// What a command still needs after its words were read; empty: nothing.
std::string missing_words(Command& command) {
  for (const Positional& positional : positionals_of(command))
    if (positional.target->empty() && !positional.may_be_missing)
      return fmt::format("no {} is given", positional.what);
  if (const auto* compile = std::get_if<CompileCommand>(&command))
    if (compile->output.empty() && compile->compile.dump.empty())
      return "where does the C go? give `-o FOLDER`";
  if (const auto* run = std::get_if<RunCommand>(&command)) {
    if (run->target.empty())
      return "where does it run? give `--on host`, `--on qemu` or `--on rtl`";
    if (!run->compile.prefix.empty() && run->keep.empty())
      return "`--prefix` names C that is thrown away: give `--keep FOLDER`";
    for (const auto& [name, is_given] :
         {std::pair("--set", !run->chip_settings.empty()),
          std::pair("--cycle-limit", run->cycle_limit.has_value()),
          std::pair("--profile", run->profile), std::pair("--timeline", !run->timeline.empty()),
          std::pair("--trace", !run->trace.empty()),
          std::pair("--trace-window", !run->trace_window.empty())})
      if (is_given && run->target != "rtl")
        return fmt::format("`{}` is about the simulated chip: it is for `--on rtl`", name);
  }
  if (const auto* merge = std::get_if<WeightsMergeCommand>(&command))
    return missing_weights(*merge, "merged");
  if (const auto* fold = std::get_if<WeightsFoldCommand>(&command))
    return missing_weights(*fold, "folded");
  return {};
}

/// "; did you mean `x`?", or nothing.
std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::optional<std::string> near = nearest(word, known);
  return near ? fmt::format("; did you mean `{}`?", *near) : std::string();
}

/// What is wrong with the words that should be a command; empty: they are one, or name a file.
std::string command_problem(const std::vector<std::string>& arguments) {
  const std::string& word = arguments[0];
  if (command_of(arguments).second > 0 || word.starts_with('-')) return {};
  if (word == "weights")
    return "`weights` is followed by `show`, `diff`, `merge` or `fold`" +
           (arguments.size() > 1 ? suggestion(arguments[1], {"show", "diff", "merge", "fold"})
                                 : "");
  // A file's name has a point or a folder, or there is such a file.
  std::error_code ignored;
  if (word.empty() || word.find_first_of("./") != std::string::npos ||
      std::filesystem::exists(word, ignored))
    return {};
  const std::vector<std::string> names = {"check", "chip",   "explain", "gradcheck",
                                          "help",  "report", "run",     "weights"};
  const std::string near = suggestion(word, names);
  return fmt::format("no command `{}`{}", word,
                     near.empty() ? "; `tdc --help` says what there is" : near);
}

/// Reads the options and other words from `at` on into `command`; gives what is wrong with them.
class WordReader {
 public:
  WordReader(const std::vector<std::string>& arguments, size_t at, Command& command)
      : arguments_(arguments),
        at_(at),
        table_(table_of(command)),
        positionals_(positionals_of(command)) {}

  /// The first problem, or an empty text.
  std::string read() {
    for (; at_ < arguments_.size(); ++at_) {
      const std::string& word = arguments_[at_];
      std::string problem =
          word.starts_with('-') && word != "-" ? read_option(word) : read_positional(word);
      if (!problem.empty()) return problem;
    }
    return contradiction(given_);
  }

 private:
  std::string read_positional(const std::string& word) {
    if (word.empty()) return "an empty word names nothing";
    const auto next = std::find_if(positionals_.begin(), positionals_.end(),
                                   [](const auto& each) { return each.target->empty(); });
    if (next == positionals_.end()) return fmt::format("`{}` is one word too many", word);
    *next->target = word;
    return {};
  }

  std::string read_option(const std::string& word) {
    const size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
    const std::string name = word.substr(0, equals);
    const OptionDef* option = nullptr;
    std::vector<std::string> names;
    for (const auto& [each, definition] : table_) {
      names.push_back(each);
      if (each == name) option = &definition;
    }
    if (option == nullptr)
      return fmt::format("no option is called `{}`{}", name, suggestion(name, names));
    if (!given_.insert(name).second && !option->may_be_repeated)
      return fmt::format("`{}` is given twice", name);
    std::string value;
    if (option->value_name.empty()) {
      if (equals != std::string::npos) return fmt::format("`{}` takes no value", name);
    } else {
      if (equals != std::string::npos)
        value = word.substr(equals + 1);
      else if (at_ + 1 < arguments_.size())
        value = arguments_[++at_];
      if (value.empty())
        return fmt::format("`{}` needs a value: {} {}", name, name, option->value_name);
    }
    const std::string problem = option->store(value);
    return problem.empty() ? problem : fmt::format("{}: {}", name, problem);
  }

  const std::vector<std::string>& arguments_;
  size_t at_;
  OptionTable table_;
  std::vector<Positional> positionals_;
  std::set<std::string, std::less<>> given_;
};

}  // namespace

std::variant<Command, std::string> parse_options(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return "nothing to do; `tdc --help` says what there is";
  if (const std::string problem = command_problem(arguments); !problem.empty()) return problem;
  auto [command, at] = command_of(arguments);
  if (std::any_of(arguments.begin() + static_cast<ptrdiff_t>(at), arguments.end(),
                  [](const std::string& word) { return word == "--help" || word == "-h"; }))
    return Command(HelpCommand{});
  if (const std::string problem = WordReader(arguments, at, command).read(); !problem.empty())
    return problem;
  if (const std::string problem = missing_words(command); !problem.empty()) return problem;
  return std::move(command);
}

std::string help_text() {
  std::string text =
      "tdc compiles a .td file, which says what to train and where, to C that trains on the "
      "chip.\n\n"
      "  tdc FILE -o FOLDER         check, compile, and write a self-contained C project\n"
      "  tdc check FILE             all that can be wrong with it, for every `train` and `deploy` "
      "block\n"
      "  tdc run FILE --on TARGET   compile, build, and train, infer or evaluate there\n"
      "  tdc report FILE            parameters, memory and work\n"
      "  tdc gradcheck FILE         gradients of every trained tensor against central differences\n"
      "  tdc explain [NAME]         an op, a layer, a rule, or a message by its code\n"
      "  tdc chip                   build the simulated chip unless that is done; print its path\n"
      "  tdc weights show FILE      every array of a weight file\n"
      "  tdc weights diff A B       how far two weight files are apart; 1 if they differ\n"
      "  tdc weights merge FILE     adapters multiplied into their matrices\n"
      "  tdc weights fold FILE      norms over channels multiplied into the layers before them\n"
      "  tdc --version\n";
  const std::vector<std::pair<std::string, Command>> shown = {
      {"tdc FILE", CompileCommand{}},
      {"tdc check", CheckCommand{}},
      {"tdc run", RunCommand{}},
      {"tdc report", ReportCommand{}},
      {"tdc gradcheck", GradcheckCommand{}},
      {"tdc weights merge", WeightsMergeCommand{}},
      {"tdc weights fold", WeightsFoldCommand{}}};
  for (auto [title, command] : shown)
    text += fmt::format("\n{}\n", title) + option_lines(table_of(command));
  text +=
      "\nExit status: 0 success, 1 the program in the file is wrong or does not fit, 2 wrong "
      "command\n"
      "line, 70 a fault of the compiler itself, 130 interrupted. Of a run on the simulated chip "
      "also\n"
      "101 wild access, 102 misaligned access, 103 illegal instruction, 104 stack overflow, 105 "
      "DMA\n"
      "out of range, 106 data race, 107 deadlock, 108 cycle limit, 109 matrix engine out of "
      "range.\n";
  return text;
}

}  // namespace tdc::driver
