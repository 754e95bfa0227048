#include "soc/instruction_caches.h"

#include <doctest/doctest.h>

#include "random.h"

namespace tdc::soc {
namespace {

constexpr uint32_t kCode = 0x1C000000;

TEST_CASE("cold, shared and private hits take what the parameters say") {
  const Parameters parameters;
  InstructionCaches caches(parameters);
  CHECK(caches.fetch(0, kCode, 100) == 100 + 1 + 2 + 19);
  CHECK(caches.fetch(0, kCode + 12, 130) == 131);
  CHECK(caches.fetch(1, kCode + 4, 130) == 130 + 1 + 2);
  CHECK(caches.fetch(0, kCode + 16, 140) == 140 + 1 + 2 + 19);
  CHECK(caches.fetch(0, kCode, 170) == 171);
  CHECK(caches.private_misses(0) == 2);
  CHECK(caches.shared_misses(0) == 2);
  CHECK(caches.shared_misses(1) == 0);
}

TEST_CASE("a refill on its way is waited for, not started again") {
  const Parameters parameters;
  InstructionCaches caches(parameters);
  const uint64_t refilled = caches.fetch(0, kCode, 10);
  CHECK(caches.fetch(1, kCode, 12) == refilled);
  CHECK(caches.shared_misses(1) == 0);
}

TEST_CASE("a shared bank answers one look-up a cycle; lines alternate between the banks") {
  const Parameters parameters;
  InstructionCaches caches(parameters);
  for (uint32_t line = 0; line < 2; ++line) caches.fetch(0, kCode + 16 * line, 0);
  CHECK(caches.fetch(1, kCode, 100) == 103);
  CHECK(caches.fetch(2, kCode, 100) == 104);
  CHECK(caches.fetch(3, kCode, 100) == 105);
  CHECK(caches.fetch(4, kCode + 16, 100) == 103);
}

TEST_CASE(
    "a loop that fits the private cache misses once a line, one that fits the shared cache too") {
  const Parameters parameters;
  InstructionCaches caches(parameters);
  uint64_t cycle = 0;
  for (int round = 0; round < 10; ++round) {
    for (uint32_t byte = 0; byte < 512; byte += 4) cycle = caches.fetch(0, kCode + byte, cycle);
  }
  CHECK(caches.private_misses(0) == 32);
  for (int round = 0; round < 10; ++round) {
    for (uint32_t byte = 0; byte < 4096; byte += 4) cycle = caches.fetch(0, kCode + byte, cycle);
  }
  CHECK(caches.shared_misses(0) == 256);
  CHECK(caches.private_misses(0) > 1000);
}

TEST_CASE("ideal fetch always hits") {
  Parameters parameters;
  parameters.icache_ideal = 1;
  InstructionCaches caches(parameters);
  Random random(6);
  for (uint64_t cycle = 0; cycle < 1000; ++cycle) {
    CHECK(caches.fetch(random() % 8, kCode + random() % 100000, cycle) == cycle + 1);
  }
  CHECK(caches.private_misses(0) == 0);
}

}  // namespace
}  // namespace tdc::soc
