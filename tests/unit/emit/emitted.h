#pragma once

// Schedules as programs: emitted as C with a `main` that calls every entry point, built, run on
// this machine, on teams of threads, under ThreadSanitizer and on an emulated rv32 core, and
// compared bit for bit with `ScheduleRun`. Kernels are compiled once, when the tests are built.

#include <map>
#include <string>
#include <vector>

#include "memory/plan.h"
#include "ops/tensor.h"
#include "runner/child_process.h"
#include "schedule/schedule.h"
#include "unit/temporary_folder.h"

namespace tdc::test {

/// What the inputs of entry points, and variables and constants hold at first.
using Values = std::map<schedule::BufferId, ops::Tensor>;

/// Numbers that are no pattern for all of them; whole ones are class numbers.
Values draw_values(const schedule::Schedule& schedule, uint64_t seed);

enum class Way : uint8_t {
  gcc,
  clang,
  threads,           ///< the objects of `gcc`, on a team of threads
  thread_sanitizer,  ///< the same by clang, which fails for two cores that meet at an element
  rv32_gcc,          ///< on an emulated core
  rv32_clang,
};

class EmittedProgram {
 public:
  /// Emits a schedule, whose entry points may have any names but `apply` and take inputs and give
  /// results only; copies are done at once.
  EmittedProgram(schedule::Schedule schedule, Values values);

  /// `net.c`.
  [[nodiscard]] const std::string& source() const { return source_; }

  /// What the validator says.
  [[nodiscard]] std::vector<std::string> violations() const;

  struct Outcome {
    runner::Exit exit;
    /// All results of each entry point, one after another (of two calls of all of them if there are
    /// variables), then all variables.
    std::vector<std::vector<float>> results;
  };
  /// What `ScheduleRun` gives.
  [[nodiscard]] Outcome expected() const;
  /// Builds it with warnings as errors and runs it. `kernel`: a C file that has some of the kernels
  /// in place of the project's; empty: none. `seed`: of the threads.
  [[nodiscard]] Outcome run(Way way, uint64_t seed, const std::string& kernel = {}) const;

  /// All ways give what is expected.
  void check() const;

 private:
  [[nodiscard]] std::string main_text() const;

  schedule::Schedule schedule_;
  memory::MemoryPlan plan_;
  Values values_;
  std::string source_;
  TemporaryFolder folder_;
};

}  // namespace tdc::test
