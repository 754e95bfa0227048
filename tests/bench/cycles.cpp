// Prints what the cycles of each step of a program are a sum of: `cycles FILE.td [TRAIN]`, a line
// for each step: its number, kernel, division, cycles that the chip file tells (of starting
// transfers, and of loads and stores outside of the scratchpad), and its amounts
// (schedule/kernel_amounts.h). `fit_cycles.py` reads it.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <map>

#include "driver/pipeline.h"
#include "schedule/kernel_amounts.h"
#include "schedule/loops.h"
#include "schedule/transfers.h"
#include "support/files.h"

namespace {

using namespace tdc;

/// The value, or the end of the program with what is wrong.
template <typename T>
T value_of(Result<T> result) {
  for (const std::string& message : result.failure().messages) fmt::print(stderr, "{}\n", message);
  if (!result.ok()) std::exit(2);
  return std::move(result.value());
}

int print_amounts(const std::string& path, const std::string& train) {
  SourceFiles files;
  Diagnostics diagnostics;
  driver::Dump no_dump;
  const FileId file = files.add(path, value_of(read_file(path)));
  const auto planned = driver::plan_program(
      files, file, {.train = train}, driver::DefaultDeploy::first_of_file, diagnostics, no_dump);
  if (!planned || !planned->interface.chip.scratchpad) {
    fmt::print(stderr, "{} is no program for a chip with a scratchpad\n", path);
    return 2;
  }
  const schedule::Schedule& schedule = planned->schedule;
  const chip::Chip& chip = planned->interface.chip;
  std::map<int64_t, schedule::KernelWork> steps;
  std::map<int64_t, double> known;
  int64_t first = 0;
  for (const schedule::EntryPoint& entry : schedule.entry_points) {
    const std::vector<int64_t> numbers = schedule::step_numbers(entry, first);
    for (size_t at = 0; at < entry.steps.size(); ++at) {
      if (const auto* launch = std::get_if<schedule::Launch>(&entry.steps[at])) {
        const schedule::KernelWork work = schedule::work_of(schedule, chip, *launch);
        schedule::KernelWork& step =
            steps.try_emplace(numbers[at], schedule::KernelWork{work.kernel, work.division})
                .first->second;
        for (size_t i = 0; i < step.amounts.size(); ++i) step.amounts[i] += work.amounts[i];
        known[numbers[at]] += schedule::far_cycles(work, chip);
      } else if (const auto* copy = std::get_if<schedule::Copy>(&entry.steps[at])) {
        if (!copy->ticket) continue;
        const LevelId far =
            schedule.buffers[schedule::far_view(schedule, chip, *copy).buffer].level;
        const bool is_in = schedule::is_inward(schedule, chip, *copy);
        known[numbers[schedule::launch_of_transfer(entry, at, is_in)]] +=
            static_cast<double>(chip.transfers_with(far).transfer);
      }
    }
    first += schedule::count_numbers(entry);
  }
  fmt::print("step kernel division known {}\n", fmt::join(schedule::amount_names(), " "));
  for (const auto& [number, step] : steps)
    fmt::print("{} {} {} {} {}\n", number, step.kernel, schedule::name_of(step.division),
               known[number], fmt::join(step.amounts, " "));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    fmt::print(stderr, "usage: cycles FILE.td [TRAIN]\n");
    return 2;
  }
  return print_amounts(argv[1], argc > 2 ? argv[2] : "");
}
