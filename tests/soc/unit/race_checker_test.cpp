#include "soc/race_checker.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "random.h"
#include "rv32/pulp_cluster/chip.h"

namespace tdc::soc {
namespace {

/// Every access of the interval, byte by byte.
class ObviousChecker {
 public:
  bool access(uint32_t core, uint32_t address, uint32_t byte_enable, bool is_write) {
    bool races = false;
    for (uint32_t i = 0; i < 4; ++i) {
      if ((byte_enable >> i & 1) == 0) continue;
      auto& [readers, writers] = bytes_[(address & ~3U) + i];
      for (const uint32_t other : writers) races |= other != core;
      for (const uint32_t other : readers) races |= is_write && other != core;
      (is_write ? writers : readers).insert(core);
    }
    return races;
  }
  void synchronise() { bytes_.clear(); }

 private:
  std::map<uint32_t, std::pair<std::set<uint32_t>, std::set<uint32_t>>> bytes_;
};

TEST_CASE("random accesses: a race is found exactly when two cores share a byte and one writes") {
  const Parameters parameters;
  const Memories memories(parameters);
  Random random(7);
  int races = 0;
  for (int round = 0; round < 4000; ++round) {
    RaceChecker checker(Memory(Level::kL1, TD_CHIP_L1, 64), Memory(Level::kL2, TD_CHIP_L2, 64));
    ObviousChecker obvious;
    for (int step = 0; step < 60; ++step) {
      if (random() % 25 == 0) {
        checker.synchronise();
        obvious.synchronise();
      }
      constexpr uint32_t kEnables[] = {1, 2, 4, 8, 3, 12, 15, 15, 15};
      const uint32_t core = random() % 3;
      const uint32_t address = (random() % 2 ? TD_CHIP_L1 : TD_CHIP_L2) + 4 * (random() % 16);
      const uint32_t enable = kEnables[random() % 9];
      // Mostly each core on its own bytes, so that intervals live long enough to get interesting.
      const bool is_write = random() % 8 == 0 || address / 4 % 4 == core;
      RaceChecker::Race race;
      const bool found = checker.access(core, address, enable, is_write, race);
      REQUIRE(found == obvious.access(core, address, enable, is_write));
      if (!found) continue;
      CHECK(race.other_core != core);
      ++races;
      break;  // the run would end here
    }
  }
  CHECK(races > 1000);
}

}  // namespace
}  // namespace tdc::soc
