#include "soc/timeline.h"

#include <doctest/doctest.h>

#include <sstream>

namespace tdc::soc {
namespace {

TEST_CASE("a timeline has a line for each interval, and equal neighbours are one") {
  std::ostringstream file;
  Timeline timeline(file, 2);
  for (uint64_t cycle = 0; cycle < 10; ++cycle) {
    timeline.core(0, cycle < 4 ? CoreActivity::kWorking : CoreActivity::kDmaWait, cycle);
    timeline.core(1, CoreActivity::kJobWait, cycle);
    timeline.transfer(0, cycle < 2 ? 0 : cycle < 6 ? 1 : 2, cycle < 6 ? 64 : 32, cycle);
    timeline.transfer(2, 0, 0, cycle);
    timeline.engine_job(cycle >= 3 && cycle < 5 ? 1 : 0, 96, cycle);
    if (cycle == 1 || cycle == 5) timeline.mark(7, cycle == 5, cycle);
  }
  timeline.finish(10);
  timeline.core(0, CoreActivity::kWorking, 11);  // behind the end
  CHECK(file.str() ==
        "core0 working 0 4\n"
        "engine 96 3 5\n"
        "transfers 7 1 5\n"
        "dma_in 64 2 6\n"
        "step 7 5 10\n"
        "dma_in 32 6 10\n"
        "core0 dma_wait 4 10\n"
        "core1 job_wait 0 10\n"
        "end 10\n");
}

TEST_CASE("a timeline that has grown too long says in which cycle it ends") {
  std::ostringstream file;
  Timeline timeline(file, 1, 3);
  for (uint32_t cycle = 0; cycle < 100; ++cycle) {
    timeline.core(0, cycle / 10 % 2 == 0 ? CoreActivity::kWorking : CoreActivity::kBarrierWait,
                  cycle);
  }
  timeline.finish(100);
  CHECK(file.str() ==
        "core0 working 0 10\n"
        "core0 barrier_wait 10 20\n"
        "core0 working 20 30\n"
        "core0 barrier_wait 30 40\n"
        "end 40\n");
}

}  // namespace
}  // namespace tdc::soc
