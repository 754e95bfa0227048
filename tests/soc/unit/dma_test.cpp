#include "soc/dma.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "random.h"
#include "rv32/pulp_cluster/chip.h"
#include "soc/fault.h"

namespace tdc::soc {
namespace {

struct Fixture {
  Fixture() {
    for (Memory* memory : {&memories.l1, &memories.l2, &memories.l3}) {
      memories.mark(memory->base, memory->bytes.size(), kMapped | kWritable);
    }
  }
  /// One cycle; `granted` is what the banks say, every request by default.
  void tick() {
    dma.request();
    dma.advance(banks.arbitrate());
  }
  uint64_t cycles_until_idle() {
    uint64_t cycles = 0;
    for (; !dma.is_idle(); ++cycles) {
      REQUIRE(cycles < 1000000);
      tick();
    }
    return cycles;
  }

  Parameters parameters = [] {
    Parameters p;
    p.l2_bytes = 65536;
    p.l3_bytes = 65536;
    return p;
  }();
  Memories memories{parameters};
  BankArbiter banks;
  Dma dma{parameters, memories, banks};
};

TEST_CASE("random 1-D and 2-D transfers of any alignment move what a loop over bytes moves") {
  Random random(3);
  Fixture f;
  const uint32_t bases[] = {TD_CHIP_L1, TD_CHIP_L2, TD_CHIP_L3};
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    for (Memory* memory : {&f.memories.l1, &f.memories.l2, &f.memories.l3}) {
      for (uint32_t i = 0; i < 8192; ++i) memory->bytes[i] = static_cast<uint8_t>(random());
    }
    Memories expected = f.memories;
    // Several at once, with disjoint targets behind the sources: [0, 4096) is read, the rest
    // written.
    const uint32_t count = 1 + random() % 4;
    for (uint32_t i = 0; i < count; ++i) {
      DmaTransfer t;
      t.row_bytes = random() % 70;
      t.rows = random() % 6;
      t.from_stride = t.row_bytes + random() % 9;
      t.to_stride = t.row_bytes + random() % 9;
      t.from = bases[random() % 3] + random() % 3000;
      t.to = bases[random() % 3] + 4096 + i * 1024 + random() % 200;
      for (uint32_t row = 0; row < t.rows; ++row) {
        for (uint32_t byte = 0; byte < t.row_bytes; ++byte) {
          *expected.range(t.to + row * t.to_stride + byte, 1) =
              *expected.range(t.from + row * t.from_stride + byte, 1);
        }
      }
      f.dma.start(t);
    }
    f.cycles_until_idle();
    REQUIRE(f.memories.l1.bytes == expected.l1.bytes);
    REQUIRE(f.memories.l2.bytes == expected.l2.bytes);
    REQUIRE(f.memories.l3.bytes == expected.l3.bytes);
  }
}

TEST_CASE("a transfer takes its start-up and its bytes at the rate of the path") {
  Fixture f;
  const auto cycles = [&](uint32_t to, uint32_t from, uint32_t row_bytes, uint32_t rows) {
    f.dma.start({to, from, row_bytes, rows, row_bytes, row_bytes});
    return f.cycles_until_idle();
  };
  CHECK(cycles(TD_CHIP_L1, TD_CHIP_L2, 1024, 1) == 17 + 128);
  // An address beat for the row and for each of three further bursts.
  CHECK(cycles(TD_CHIP_L2, TD_CHIP_L1, 1024, 1) == 17 + 128 + 4);
  CHECK(cycles(TD_CHIP_L2, TD_CHIP_L1, 64, 16) == 17 + 128 + 16);
  CHECK(cycles(TD_CHIP_L1, TD_CHIP_L3, 1000, 1) == 100 + 1000);
  CHECK(cycles(TD_CHIP_L1, TD_CHIP_L3, 100, 10) == 100 + 10 * (100 + 22));
  const uint64_t write = cycles(TD_CHIP_L3, TD_CHIP_L1, 1100, 1);
  CHECK(write == 100 + 2000);
}

TEST_CASE("both directions overlap, and an unaligned transfer takes at most one cycle more") {
  Fixture f;
  f.dma.start({TD_CHIP_L1, TD_CHIP_L2, 4096, 1, 0, 0});
  f.dma.start({TD_CHIP_L2 + 8192, TD_CHIP_L1 + 8192, 4096, 1, 0, 0});
  const uint64_t both = f.cycles_until_idle();
  CHECK(both >= 17 + 512);
  CHECK(both < 1.5 * (17 + 512));
  f.dma.start({TD_CHIP_L1 + 1, TD_CHIP_L2 + 2, 4096, 1, 0, 0});
  CHECK(f.cycles_until_idle() <= 17 + 512 + 1);
}

TEST_CASE("a refused bank holds a transfer back without losing a byte") {
  Fixture f;
  Random random(4);
  for (uint32_t i = 0; i < 512; ++i) f.memories.l2.bytes[i] = static_cast<uint8_t>(random());
  f.dma.start({TD_CHIP_L1, TD_CHIP_L2, 512, 1, 0, 0});
  while (!f.dma.is_idle()) {
    f.dma.request();
    f.dma.advance(f.banks.arbitrate() & random());
  }
  CHECK(std::equal(f.memories.l1.bytes.begin(), f.memories.l1.bytes.begin() + 512,
                   f.memories.l2.bytes.begin()));
}

TEST_CASE("tickets tell what is done, and sixteen transfers fill the queue") {
  Fixture f;
  std::vector<uint32_t> tickets;
  for (int i = 0; i < 16; ++i) {
    REQUIRE(!f.dma.is_full());
    tickets.push_back(
        f.dma.start({TD_CHIP_L1 + 64 * static_cast<uint32_t>(i), TD_CHIP_L2, 64, 1, 0, 0}));
  }
  CHECK(f.dma.is_full());
  while (!f.dma.is_done(tickets[3])) f.tick();
  CHECK(f.dma.are_done_until(tickets[3]));
  CHECK(!f.dma.is_done(tickets[4]));
  CHECK(!f.dma.are_done_until(tickets[15]));
  f.cycles_until_idle();
  CHECK(f.dma.are_done_until(tickets[15]));
}

TEST_CASE("nothing is done at once, and what is out of range is a fault") {
  Fixture f;
  CHECK(f.dma.is_done(f.dma.start({TD_CHIP_L1, TD_CHIP_L2, 0, 5, 0, 0})));
  CHECK(f.dma.is_idle());
  const DmaTransfer wrong[] = {{TD_CHIP_L1 + 131072 - 8, TD_CHIP_L2, 9, 1, 0, 0},
                               {TD_CHIP_L1, 0x00001000, 4, 1, 0, 0},
                               {TD_CHIP_L2, TD_CHIP_L1, 4, 3, 0x7FFFFFFF, 4},
                               {TD_CHIP_L1, 0xFFFFFFFC, 8, 1, 0, 0}};
  for (const DmaTransfer& transfer : wrong) {
    try {
      f.dma.start(transfer);
      FAIL("no fault");
    } catch (const Fault& fault) {
      CHECK(fault.kind == FaultKind::kDmaRange);
    }
  }
}

}  // namespace
}  // namespace tdc::soc
