#include "driver/run_chip.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "driver/chip.h"
#include "driver/profile.h"
#include "driver/report.h"
#include "driver/session.h"
#include "runner/child_process.h"
#include "support/files.h"

namespace tdc::driver {

int RunChip::prepare(const runner::Interrupts& interrupts) const {
  const auto failed = [&](const Failure& failure, int status) {
    print_failure(interrupts.count() > 0 ? fail("interrupted") : failure);
    return interrupts.count() > 0 ? kInterrupted : status;
  };
  if (const Result<Done> built = build_chip(chip_, interrupts); !built.ok())
    return failed(built.failure(), kProgramIsWrong);
  std::vector<std::string> words = {program(), "--parameters"};
  add_settings(words);
  const Result<runner::Exit> exit =
      runner::run_to_end(words, [&] { return interrupts.count() > 0; });
  if (!exit.ok()) return failed(exit.failure(), kInternalFault);
  if (exit.value().is_success()) return kSuccess;
  print_error(exit.value().errors);
  return kCommandLineIsWrong;
}

void RunChip::add_settings(std::vector<std::string>& words) const {
  for (const std::string& setting : settings_)
    words.insert(words.end(), {std::string("--set"), setting});
}

std::vector<std::string> RunChip::options(const std::string& folder) {
  folder_ = folder;
  report_path_ = absolute_path(folder + "/build/chip_report.json");
  progress_path_ = absolute_path(folder + "/build/chip_progress.txt");
  timeline_path_ = absolute_path(folder + "/build/chip_timeline.txt");
  std::error_code ignored;
  std::filesystem::remove(report_path_, ignored);
  std::filesystem::remove(progress_path_, ignored);
  std::filesystem::remove(timeline_path_, ignored);
  std::vector<std::string> words;
  add_settings(words);
  words.insert(words.end(), {"--report", report_path_, "--progress", progress_path_});
  if (command_.cycle_limit)
    words.insert(words.end(), {"--cycle-limit", fmt::format("{}", *command_.cycle_limit)});
  if (!command_.timeline.empty()) words.insert(words.end(), {"--timeline", timeline_path_});
  if (!command_.trace.empty())
    words.insert(words.end(),
                 {"--trace", absolute_path(command_.trace), "--trace-window", trace_window()});
  return words;
}

std::string RunChip::trace_window() const {
  return command_.trace_window.empty() ? std::string(kTraceWindow) : command_.trace_window;
}

bool RunChip::has_begun() const {
  return std::filesystem::exists(report_path_);
}

int64_t RunChip::cycles() const {
  const Result<std::string> text = read_file(progress_path_);
  if (!text.ok() || !text.value().ends_with('\n')) return 0;
  int64_t cycles = 0;
  std::from_chars(text.value().data(), text.value().data() + text.value().size(), cycles);
  return cycles;
}

int RunChip::show_cost(const Compilation& compilation, const ChipReport& report,
                       int64_t model_cycles, int64_t flop) const {
  print("\n" + chip_text(report, model_cycles, flop));
  if (!command_.trace.empty())
    print(fmt::format("instructions of the cycles {} in {}\n", trace_window(), command_.trace));
  return command_.profile ? show_profile(compilation, report, model_cycles, flop) : kSuccess;
}

int RunChip::show_profile(const Compilation& compilation, const ChipReport& report,
                          int64_t model_cycles, int64_t flop) const {
  const std::vector<ProfileRow> rows = profile_of(compilation, report);
  print("\n" + profile_text(rows, report));
  if (command_.keep.empty()) return kSuccess;
  JsonObject whole = report_json(compilation, command_.compile.file);
  whole.emplace_back("profile", JsonObject{{"chip", chip_json(report, model_cycles, flop)},
                                           {"steps", profile_json(rows)}});
  const std::string path = folder_ + "/report.json";
  if (const Result<Done> written = write_file_atomically(path, to_text(Json(whole), 2) + "\n");
      !written.ok()) {
    print_failure(written.failure());
    return kProgramIsWrong;
  }
  print(fmt::format("profile in {}\n", path));
  return kSuccess;
}

}  // namespace tdc::driver
