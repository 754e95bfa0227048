#include "unit/threads.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>

#include "runner/child_process.h"
#include "unit/own_programs.h"
#include "unit/patience.h"

namespace tdc::test {

uint64_t next_seed() {
  static uint64_t count = 0;
  return turn() * 7 + count++;
}

std::vector<std::string> on_threads(const std::string& program, uint64_t seed) {
  const uint64_t cores = 1 + (seed * 5 + 4) % 16;  // all sizes over 16 seeds
  return {"env", fmt::format("TD_THREADS_CORES={}", cores), fmt::format("TD_THREADS_SEED={}", seed),
          program};
}

std::vector<std::string> project_on_threads(const std::string& program, uint64_t seed) {
  const std::filesystem::path path = program;
  const std::string prefix = path.filename().string(), folder = path.parent_path().string();
  const std::string linked = fmt::format("{}/{}_on_threads", folder, prefix);
  const Result<runner::Exit> exit = runner::run_to_end(
      {"gcc", fmt::format("{}/.objects/{}_runner.c.o", folder, prefix), TDC_THREADS_PLATFORM,
       fmt::format("{}/lib{}_model.a", folder, prefix), "-o", linked},
      patience());
  REQUIRE(exit.ok());
  REQUIRE_MESSAGE(exit.value().is_success(), exit.value().errors);
  return on_threads(linked, seed);
}

}  // namespace tdc::test
