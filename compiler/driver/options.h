#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tdc::driver {

/// What commands that compile a file take, each as much of it as it needs.
struct CompileOptions {
  std::string file;
  std::string train;     ///< name of a `train` block; empty: the first
  std::string deploy;    ///< name of a `deploy` block or `host`; empty: what the command says
  std::string prefix;    ///< of the generated C; empty: the net's name in snake case
  std::string platform;  ///< a folder with the runtime files of the chip; empty: `tdc` has them
  std::string weights;   ///< initial weights; empty: what the file says
  std::optional<uint64_t> seed;
  std::vector<std::string> without;  ///< passes to leave out; the results have the same bits
  std::string dump;                  ///< a stage to print instead of writing the C project

  friend bool operator==(const CompileOptions&, const CompileOptions&) = default;
};

struct CompileCommand {
  CompileOptions compile;
  std::string output;

  friend bool operator==(const CompileCommand&, const CompileCommand&) = default;
};

struct CheckCommand {
  CompileOptions compile;
  bool print_selection = false;
  bool print_shapes = false;

  friend bool operator==(const CheckCommand&, const CheckCommand&) = default;
};

struct ReportCommand {
  CompileOptions compile;
  bool all = false;    ///< one row per `train` block
  bool tiles = false;  ///< what every step brings to the scratchpad

  friend bool operator==(const ReportCommand&, const ReportCommand&) = default;
};

/// Derivatives of each tensor that `gradcheck` compares if nothing else is said.
inline constexpr int64_t kGradcheckPoints = 6;
inline constexpr int64_t kMostGradcheckPoints = 1000;

struct GradcheckCommand {
  CompileOptions compile;
  std::optional<int64_t> points;  ///< of each tensor

  friend bool operator==(const GradcheckCommand&, const GradcheckCommand&) = default;
};

/// The cycles that are traced if nothing else is said: some ten megabytes.
inline constexpr std::string_view kTraceWindow = "0:100000";

/// Updates of one run, at most: the program counts them in 32 bits.
inline constexpr int64_t kMostSteps = (int64_t{1} << 32) - 1;

struct RunCommand {
  enum class Mode : uint8_t { train, infer, eval };
  CompileOptions compile;
  std::string target;  ///< `host`, `qemu` or `rtl`
  Mode mode = Mode::train;
  std::string data;                ///< empty: what the file's `data` block names
  std::optional<int64_t> steps;    ///< updates; none: one pass over the data
  std::optional<int64_t> samples;  ///< of eval and infer; none: all
  bool shuffle = false;
  bool keep_going = false;  ///< when the loss is no longer finite
  std::string save;
  std::string losses;
  std::string trace_values;  ///< every named value of the first training step
  std::string keep;          ///< where to keep the C project and its binary; empty: nowhere
  std::vector<std::string> chip_settings;  ///< `NAME=VALUE`, parameters of the simulated chip
  std::optional<int64_t> cycle_limit;      ///< of the simulated chip
  bool profile = false;                    ///< cycles of each op on the simulated chip
  std::string timeline;                    ///< a picture of what its parts did in a step
  std::string trace;                       ///< its instructions in `trace_window`
  std::string trace_window;                ///< `FIRST:END` in cycles; empty: kTraceWindow

  friend bool operator==(const RunCommand&, const RunCommand&) = default;
};

/// Builds the simulated chip if that was not done yet, and says where it is.
struct ChipCommand {
  friend bool operator==(const ChipCommand&, const ChipCommand&) = default;
};

/// Says what an op, a layer, a rule or a message is.
struct ExplainCommand {
  std::string name;  ///< empty: lists the names

  friend bool operator==(const ExplainCommand&, const ExplainCommand&) = default;
};

struct WeightsShowCommand {
  std::string file;

  friend bool operator==(const WeightsShowCommand&, const WeightsShowCommand&) = default;
};

struct WeightsDiffCommand {
  std::string first, second;

  friend bool operator==(const WeightsDiffCommand&, const WeightsDiffCommand&) = default;
};

struct WeightsMergeCommand {
  CompileOptions compile;
  std::string save;

  friend bool operator==(const WeightsMergeCommand&, const WeightsMergeCommand&) = default;
};

/// Norms over channels, multiplied into the layers before them.
struct WeightsFoldCommand {
  CompileOptions compile;
  std::string save;

  friend bool operator==(const WeightsFoldCommand&, const WeightsFoldCommand&) = default;
};

struct HelpCommand {
  friend bool operator==(const HelpCommand&, const HelpCommand&) = default;
};
struct VersionCommand {
  friend bool operator==(const VersionCommand&, const VersionCommand&) = default;
};

using Command =
    std::variant<CompileCommand, CheckCommand, ReportCommand, RunCommand, GradcheckCommand,
                 ChipCommand, ExplainCommand, WeightsShowCommand, WeightsDiffCommand,
                 WeightsMergeCommand, WeightsFoldCommand, HelpCommand, VersionCommand>;

/// The command, or what is wrong with the command line (exit status 2).
std::variant<Command, std::string> parse_options(const std::vector<std::string>& arguments);

/// The text of `tdc --help`.
std::string help_text();

}  // namespace tdc::driver
