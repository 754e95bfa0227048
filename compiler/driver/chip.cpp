#include "driver/chip.h"

#include <fmt/format.h>

#include <chrono>

#include "driver/session.h"
#include "driver/terminal.h"
#include "runner/progress.h"

namespace tdc::driver {

int chip() {
  const runner::Interrupts interrupts;
  const Result<runner::ChipBuild> found = runner::find_chip();
  if (!found.ok()) {
    print_failure(found.failure());
    return kProgramIsWrong;
  }
  const runner::ChipBuild& chip = found.value();
  if (!chip.is_built()) {
    if (const Failure missing = {.messages = runner::missing_chip_tools()};
        !missing.messages.empty()) {
      print_failure(missing);
      return kProgramIsWrong;
    }
    if (const Result<Done> built = build_chip(chip, interrupts); !built.ok()) {
      print_failure(built.failure());
      return interrupts.count() > 0 ? kInterrupted : kProgramIsWrong;
    }
  }
  print(chip.program() + "\n");
  return kSuccess;
}

Result<Done> build_chip(const runner::ChipBuild& chip, const runner::Interrupts& interrupts) {
  if (chip.is_built()) return Done{};
  print_error("building the simulated chip, which is done once\n");
  runner::Progress progress(terminal_columns() > 0, terminal_columns());
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::steady_clock::now() - start; };
  const Result<Done> built = runner::build_chip(
      chip, [&] { return interrupts.count() > 0; },
      [&](std::string_view doing, int percent) {
        print_error(progress.update(percent, doing, elapsed()));
      });
  print_error(progress.finish());
  if (built.ok())
    print_error(fmt::format("built {} in {}\n", chip.folder, runner::duration_text(elapsed())));
  return built;
}

}  // namespace tdc::driver
