#include "soc/bank_arbiter.h"

#include <doctest/doctest.h>

#include <map>

#include "random.h"

namespace tdc::soc {
namespace {

TEST_CASE("a bank serves one requester a cycle, and who asks alone is served at once") {
  BankArbiter banks;
  Random random(1);
  for (int cycle = 0; cycle < 2000; ++cycle) {
    std::map<uint32_t, uint32_t> wanted;  // requester -> bank
    for (uint32_t requester = 0; requester < 28; ++requester) {
      if (random() % 3 == 0) wanted[requester] = random() % 16;
    }
    std::map<uint32_t, int> askers;
    for (const auto& [requester, bank] : wanted) {
      banks.request(requester, bank);
      ++askers[bank];
    }
    const uint32_t granted = banks.arbitrate();
    std::map<uint32_t, int> served;
    for (uint32_t requester = 0; requester < 32; ++requester) {
      if ((granted >> requester & 1) == 0) continue;
      REQUIRE(wanted.contains(requester));
      ++served[wanted[requester]];
    }
    for (const auto& [bank, count] : askers) CHECK(served[bank] == 1);
  }
}

TEST_CASE("who keeps asking gets an equal share") {
  for (const uint32_t group : {0x000000FFU, 0x0000000FU, 0x00000011U, 0x00000081U, 0x0000FFFFU}) {
    BankArbiter banks;
    std::map<uint32_t, int> grants;
    const int rounds = 64 * 16;
    for (int cycle = 0; cycle < rounds; ++cycle) {
      for (uint32_t r = 0; r < 16; ++r) {
        if (group >> r & 1) banks.request(r, 3);
      }
      ++grants[banks.arbitrate()];
    }
    CHECK(grants.size() == static_cast<size_t>(std::popcount(group)));
    for (const auto& [winner, count] : grants) CHECK(count == rounds / std::popcount(group));
  }
}

TEST_CASE("nobody waits for more than 32 grants, whatever the others do") {
  BankArbiter banks;
  Random random(2);
  std::array<int, 32> waits{};
  uint32_t pending = 0;
  for (int cycle = 0; cycle < 20000; ++cycle) {
    pending |= random() & random() & 0x0FFFFFFF;
    if (pending == 0) continue;
    for (uint32_t r = 0; r < 32; ++r) {
      if (pending >> r & 1) banks.request(r, 0);
    }
    const uint32_t granted = banks.arbitrate();
    for (uint32_t r = 0; r < 32; ++r)
      waits[r] = granted >> r & 1 ? 0 : waits[r] + (pending >> r & 1);
    pending &= ~granted;
    for (const int wait : waits) REQUIRE(wait <= 32);
  }
}

TEST_CASE("cores and DMA take turns at a bank, and all cores get their share of what is left") {
  BankArbiter banks;
  std::map<uint32_t, int> grants;
  for (int cycle = 0; cycle < 800; ++cycle) {
    for (const uint32_t requester : {0U, 1U, 2U, 3U, 16U}) banks.request(requester, 5);
    ++grants[banks.arbitrate()];
  }
  CHECK(grants == std::map<uint32_t, int>{{1, 100}, {2, 100}, {4, 100}, {8, 100}, {1U << 16, 400}});
}

}  // namespace
}  // namespace tdc::soc
