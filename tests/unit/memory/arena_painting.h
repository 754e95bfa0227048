#pragma once

// Does a program stay in the memory that its plan gives it, and does it need all of it? Found out
// by running it on painted memory. Works for any schedule: hand-made, random, or lowered from a
// file.

#include <cstdint>
#include <string>
#include <vector>

#include "memory/plan.h"
#include "memory/run_schedule.h"
#include "schedule/schedule.h"

namespace tdc::test {

/// A place of its own for every buffer, as if all lived always. What is worked on in place gets a
/// buffer of its own too: see `without_in_place`.
memory::MemoryPlan unplanned(const schedule::Schedule& schedule, size_t level_count);

/// The schedule without aliases of buffers that are written, except sums that continue in place and
/// versions of variables.
schedule::Schedule without_in_place(const schedule::Schedule& schedule);

/// Runs all entry points, one after another and each twice, on random variables and inputs (classes
/// are drawn from those there are), and gives all outputs and variables afterwards.
std::vector<std::vector<float>> run_all(memory::ScheduleRun& run,
                                        const schedule::Schedule& schedule, uint64_t seed);

/// What is wrong, in words; empty if all of this holds:
///   - the highest byte that is ever touched is the last of the reported peak, in every level;
///   - the red zones around the arenas keep their paint;
///   - filling all bytes that the plan calls dead with NaN before each step changes no result, and
///   most results are finite, so that a change would be seen;
///   - without sharing memory at all (`unplanned`, `without_in_place`) the results have the same
///   bits.
/// `kernels` null: with the reference evaluation.
std::vector<std::string> paint_arenas(const schedule::Schedule& schedule,
                                      const memory::MemoryPlan& plan, uint64_t seed,
                                      const schedule::KernelLibrary* kernels = nullptr);

}  // namespace tdc::test
