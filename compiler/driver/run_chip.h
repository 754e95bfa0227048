#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "driver/chip_report.h"
#include "driver/chip_timeline.h"
#include "driver/compilation.h"
#include "driver/options.h"
#include "runner/chip.h"
#include "runner/interrupts.h"
#include "support/result.h"

namespace tdc::driver {

/// The simulated chip of a run: its parameters, the files in which it says where it is and what it
/// did, and what they say to the user.
class RunChip {
 public:
  /// `settings` as `chip_settings` gives them.
  RunChip(runner::ChipBuild chip, std::vector<std::string> settings, const RunCommand& command)
      : chip_(std::move(chip)), settings_(std::move(settings)), command_(command) {}

  [[nodiscard]] std::string program() const { return chip_.program(); }

  /// Builds the chip unless that is done, and asks it whether it can have the parameters. Says what
  /// went wrong; the exit status.
  int prepare(const runner::Interrupts& interrupts) const;

  /// The options of the chip for running a program whose C project is in `folder`. The chip's files
  /// of an earlier run there are gone then.
  std::vector<std::string> options(const std::string& folder);

  /// Whether it has begun to run the program.
  [[nodiscard]] bool has_begun() const;
  /// Cycles so far, as the chip keeps them in its file; 0 if it is just being written.
  [[nodiscard]] int64_t cycles() const;
  /// What it did, once it has ended.
  [[nodiscard]] Result<ChipReport> report() const { return read_chip_report(report_path_); }
  /// What each part of it did then, with `--timeline`.
  [[nodiscard]] Result<ChipTimeline> timeline() const { return read_chip_timeline(timeline_path_); }

  /// Prints what the run cost on the chip: `flop` by the model's functions, in `model_cycles`. With
  /// `--profile` also each op's part, which goes to `report.json` of a folder that is kept.
  [[nodiscard]] int show_cost(const Compilation& compilation, const ChipReport& report,
                              int64_t model_cycles, int64_t flop) const;

 private:
  [[nodiscard]] int show_profile(const Compilation& compilation, const ChipReport& report,
                                 int64_t model_cycles, int64_t flop) const;
  void add_settings(std::vector<std::string>& words) const;
  [[nodiscard]] std::string trace_window() const;

  runner::ChipBuild chip_;
  std::vector<std::string> settings_;
  const RunCommand& command_;
  std::string folder_, report_path_, progress_path_, timeline_path_;
};

}  // namespace tdc::driver
