#pragma once

// Executes schedules inside the compiler's process, over the bytes that a MemoryPlan lays out: what
// the emitted C does, one step at a time. A wrong result is then either before this (the IR's
// interpreter is right and this is not) or after it.

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "memory/plan.h"
#include "schedule/kernel_call.h"
#include "schedule/schedule.h"

namespace tdc::memory {

struct RunOptions {
  /// The C kernels to call; null: the ops' reference evaluation in double precision, every output
  /// element rounded to its type once.
  const schedule::KernelLibrary* kernels = nullptr;
  /// The size of the team. Its cores run one after another.
  uint32_t cores = 1;
  /// Bytes before and after each arena that belong to nobody; a multiple of `kAlignment`.
  Bytes red_zone;
  /// Called before each step with its tick in the plan.
  std::function<void(Tick)> before_step;
};

/// The memory of a program and the means to run its entry points. Schedule and plan must outlive
/// it.
class ScheduleRun {
 public:
  /// All memory is zero at first. Asserts that every buffer that a step uses has a place.
  ScheduleRun(const schedule::Schedule& schedule, const MemoryPlan& plan, RunOptions options = {});

  /// The buffer of an argument of an entry point of the schedule; asserts that there is one.
  [[nodiscard]] static schedule::BufferId argument(const schedule::EntryPoint& entry_point,
                                                   std::string_view name);
  /// The buffer that holds a variable between calls, constants too.
  [[nodiscard]] schedule::BufferId variable(ir::VariableId variable) const;

  /// Sets a whole buffer, dense and row-major; asserts its number of elements and its type.
  void set(schedule::BufferId buffer, std::span<const float> values);
  void set(schedule::BufferId buffer, std::span<const int32_t> values);
  /// A whole buffer.
  [[nodiscard]] std::vector<float> floats(schedule::BufferId buffer) const;
  [[nodiscard]] std::vector<int32_t> integers(schedule::BufferId buffer) const;

  /// Runs an entry point of the schedule once. Copies in the background happen at once.
  void run(const schedule::EntryPoint& entry_point);

  /// The bytes of a level's arena, without and with the red zones.
  [[nodiscard]] std::span<std::byte> arena(LevelId level);
  [[nodiscard]] std::span<std::byte> arena_with_red_zones(LevelId level);

 private:
  struct Region;  // of the elements of a view

  [[nodiscard]] std::byte* address(schedule::BufferId buffer) const;
  [[nodiscard]] Region region(const schedule::View& view) const;
  void run_step(const schedule::Step& step);
  void run_reference(const schedule::Launch& launch);
  void run_kernel(const schedule::Launch& launch);
  void run_copy(const schedule::Copy& copy);

  const schedule::Schedule& schedule_;
  RunOptions options_;
  IdVector<LevelId, std::vector<std::byte>> arenas_;          // with red zones
  IdVector<schedule::BufferId, std::vector<std::byte>> own_;  // memory of arguments and constants
  IdVector<schedule::BufferId, std::byte*> addresses_;        // null: no place, never used
};

}  // namespace tdc::memory
