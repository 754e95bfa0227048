#include "soc/event_unit.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "random.h"
#include "rv32/pulp_cluster/chip.h"

namespace tdc::soc {
namespace {

struct Fixture {
  Parameters parameters;
  Memories memories{parameters};
  BankArbiter banks;
  Dma dma{parameters, memories, banks};
  EventUnit events{parameters};
};

TEST_CASE("random arrivals: all leave a barrier together, ten cycles after the last") {
  Random random(5);
  Fixture f;
  uint64_t cycle = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<uint64_t> arrivals(f.parameters.cores);
    for (uint64_t& arrival : arrivals) arrival = cycle + random() % 100;
    const uint64_t last = *std::max_element(arrivals.begin(), arrivals.end());
    for (; cycle < last + 10; ++cycle) {
      for (uint32_t core = 0; core < arrivals.size(); ++core) {
        if (arrivals[core] == cycle) f.events.sleep_at_barrier(core, cycle);
      }
      f.events.tick(cycle, f.dma, nullptr);
      for (uint32_t core = 0; core < arrivals.size(); ++core) {
        // Due with the edge that ends a cycle: the core sees it in the next one.
        REQUIRE(f.events.is_due(core, cycle) == (cycle + 1 == last + 10));
      }
    }
    for (uint32_t core = 0; core < arrivals.size(); ++core) f.events.wake(core);
    CHECK(f.events.synchronisations() == static_cast<uint64_t>(round) + 1);
  }
}

TEST_CASE("a job wakes all others; who comes late finds it waiting") {
  Fixture f;
  for (uint32_t core = 1; core < 7; ++core) f.events.sleep_for_job(core, 0);
  f.events.start_job(0, 0x1C000100, 50);
  for (uint32_t core = 1; core < 7; ++core) {
    CHECK(!f.events.is_due(core, 58));
    CHECK(f.events.is_due(core, 59));
    CHECK(f.events.wake(core) == 0x1C000100);
  }
  f.events.sleep_for_job(7, 70);
  CHECK(f.events.is_due(7, 70));
  CHECK(f.events.wake(7) == 0x1C000100);
  // One job each: the next sleep has nothing to wake it.
  f.events.sleep_for_job(7, 80);
  CHECK(!f.events.is_waking(7));
  CHECK(f.events.sleep(0) == Sleep::kNone);
}

TEST_CASE("waiting for a transfer ends ten cycles after it") {
  Fixture f;
  f.memories.mark(TD_CHIP_L1, 4096, kMapped | kWritable);
  f.memories.mark(TD_CHIP_L2, 4096, kMapped | kWritable);
  const uint32_t first = f.dma.start({TD_CHIP_L1, TD_CHIP_L2, 64, 1, 0, 0});
  f.dma.start({TD_CHIP_L1 + 64, TD_CHIP_L2, 64, 1, 0, 0});
  f.events.sleep_for_dma(2, first, false);
  f.events.sleep_for_dma(3, f.dma.last_ticket(), true);
  uint64_t woken[4] = {};
  uint64_t done[4] = {};
  for (uint64_t cycle = 0; cycle < 200; ++cycle) {
    f.dma.request();
    f.dma.advance(f.banks.arbitrate());
    f.events.tick(cycle, f.dma, nullptr);
    if (done[2] == 0 && f.dma.is_done(first)) done[2] = cycle;
    if (done[3] == 0 && f.dma.is_idle()) done[3] = cycle;
    for (uint32_t core = 2; core < 4; ++core) {
      if (woken[core] == 0 && f.events.is_due(core, cycle)) woken[core] = cycle;
    }
  }
  CHECK(done[2] < done[3]);
  CHECK(woken[2] + 1 == done[2] + 10);
  CHECK(woken[3] + 1 == done[3] + 10);
}

}  // namespace
}  // namespace tdc::soc
