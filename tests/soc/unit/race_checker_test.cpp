#include "soc/race_checker.h"

#include <doctest/doctest.h>

#include <set>
#include <tuple>
#include <vector>

#include "random.h"
#include "rv32/pulp_cluster/chip.h"

namespace tdc::soc {
namespace {

constexpr uint32_t kCores = 3;

/// Everything that happened, as a graph: a race is two accesses to a byte, one of them a write,
/// with no path from the earlier to the later.
class ObviousChecker {
 public:
  enum Kind : uint8_t { kCore, kTransfer, kJob };
  /// Core or ticket, of what, wrote.
  using Access = std::tuple<uint32_t, Kind, bool>;

  ObviousChecker() : last_(kCores) {
    for (uint32_t core = 0; core < kCores; ++core) last_[core] = add({});
  }

  /// The earlier accesses that a new one conflicts with.
  std::set<Access> access(uint32_t core, uint32_t address, uint32_t byte_enable, bool is_write) {
    last_[core] = add({last_[core]});
    std::set<Access> others;
    for (uint32_t i = 0; i < 4; ++i) {
      if (byte_enable >> i & 1) {
        touch(last_[core], {core, kCore, is_write}, address + i, others);
      }
    }
    return others;
  }

  std::set<Access> start_transfer(uint32_t core, uint32_t ticket, const DmaTransfer& t) {
    last_[core] = add({last_[core]});
    transfers_.push_back(add({last_[core]}));
    std::set<Access> others;
    for (const bool is_write : {false, true}) {
      for (uint32_t row = 0; row < t.rows; ++row) {
        for (uint32_t column = 0; column < t.row_bytes; ++column) {
          touch(
              transfers_.back(), {ticket, kTransfer, is_write},
              is_write ? t.to + row * t.to_stride + column : t.from + row * t.from_stride + column,
              others);
        }
      }
    }
    return others;
  }

  std::set<Access> start_engine_job(uint32_t core, uint32_t ticket, const EngineFootprint& job) {
    last_[core] = add({last_[core]});
    std::vector<size_t> before = {last_[core]};
    if (!jobs_.empty()) before.push_back(jobs_.back());
    jobs_.push_back(add(before));
    std::set<Access> others;
    for (const bool is_write : {false, true}) {
      for (const MemoryRange& range : is_write ? job.writes : job.reads) {
        for (uint32_t i = 0; i < range.bytes; ++i) {
          touch(jobs_.back(), {ticket, kJob, is_write}, range.address + i, others);
        }
      }
    }
    return others;
  }

  void wait_for(uint32_t core, uint32_t ticket) {
    last_[core] = add({last_[core], transfers_[ticket - 1]});
  }
  void wait_for_engine(uint32_t core, uint32_t ticket) {
    last_[core] = add({last_[core], jobs_[ticket - 1]});
  }
  void start_job(uint32_t core) { job_ = last_[core] = add({last_[core]}); }
  void take_job(uint32_t core) { last_[core] = add({last_[core], job_}); }
  void synchronise() {
    const size_t barrier = add(last_);
    last_.assign(kCores, barrier);
  }

 private:
  struct Touched {
    size_t node;
    Access access;
    uint32_t byte;
  };

  size_t add(std::vector<size_t> before) {
    before_.push_back(std::move(before));
    return before_.size() - 1;
  }

  void touch(size_t node, Access access, uint32_t byte, std::set<Access>& others) {
    std::vector<bool> is_before(before_.size());
    std::vector<size_t> open = before_[node];
    while (!open.empty()) {
      const size_t next = open.back();
      open.pop_back();
      if (is_before[next]) continue;
      is_before[next] = true;
      open.insert(open.end(), before_[next].begin(), before_[next].end());
    }
    for (const Touched& other : touched_) {
      const bool both_read = !std::get<2>(other.access) && !std::get<2>(access);
      // One agent's accesses are in order, but for a transfer that writes what it reads.
      const bool is_same = other.node == node && std::get<2>(other.access) == std::get<2>(access);
      if (other.byte == byte && !both_read && !is_same && !is_before[other.node]) {
        others.insert(other.access);
      }
    }
    touched_.push_back({node, access, byte});
  }

  std::vector<std::vector<size_t>> before_;
  std::vector<size_t> last_;       ///< per core
  std::vector<size_t> transfers_;  ///< by ticket
  std::vector<size_t> jobs_;       ///< of the engine, by ticket
  size_t job_ = 0;
  std::vector<Touched> touched_;
};

TEST_CASE(
    "random accesses, transfers, engine jobs, waits, jobs and barriers: a race is found where no "
    "path leads") {
  Parameters parameters;
  parameters.l2_bytes = 65536;
  parameters.l3_bytes = 65536;
  const Memories memories(parameters);
  Random random(7);
  int races = 0;
  int races_with_transfers = 0;
  int races_with_jobs = 0;
  int silent = 0;
  for (int round = 0; round < 8000; ++round) {
    CAPTURE(round);
    RaceChecker checker(memories, kCores);
    ObviousChecker obvious;
    uint32_t tickets = 0;
    uint32_t job_tickets = 0;
    bool job_waits[kCores] = {};
    bool found = false;
    // The rarer transfers and foreign accesses are, the longer a round lasts before its race.
    const uint32_t rarity = 1 + random() % 12;
    const uint32_t steps = 1 + random() % 60;
    for (uint32_t step = 0; step < steps && !found; ++step) {
      const uint32_t core = random() % kCores;
      RaceChecker::Race race;
      std::set<ObviousChecker::Access> others;
      const uint32_t event = random() % 44;
      if (event == 0) {
        checker.synchronise();
        obvious.synchronise();
        continue;
      }
      if (event == 1) {
        checker.start_job(core);
        obvious.start_job(core);
        for (uint32_t i = 0; i < kCores; ++i) job_waits[i] = i != core;
        continue;
      }
      if (event < 4 && job_waits[core]) {
        job_waits[core] = false;
        checker.take_job(core);
        obvious.take_job(core);
        continue;
      }
      if (event < 7 && tickets > 0) {
        const uint32_t ticket = 1 + random() % tickets;
        checker.wait_for(core, ticket);
        obvious.wait_for(core, ticket);
        continue;
      }
      if (event == 7) {
        checker.wait_for_all(core, tickets);
        for (uint32_t ticket = 1; ticket <= tickets; ++ticket) obvious.wait_for(core, ticket);
        continue;
      }
      if (event == 40 && job_tickets > 0) {
        const uint32_t ticket = 1 + random() % job_tickets;
        checker.wait_for_engine(core, ticket);
        obvious.wait_for_engine(core, ticket);
        continue;
      }
      const uint32_t bases[] = {TD_CHIP_L1, TD_CHIP_L2, TD_CHIP_L3};
      if (event > 40) {
        EngineFootprint job;
        for (std::vector<MemoryRange>* ranges : {&job.reads, &job.writes}) {
          for (uint32_t i = random() % 3; i > 0; --i) {
            const uint32_t place = random() % rarity == 0 ? random() % kCores : core;
            ranges->push_back(
                {TD_CHIP_L1 + 32 * place + 4 * (random() % 4), 4 * (1 + random() % 2)});
          }
        }
        const uint32_t ticket = ++job_tickets;
        found = checker.start_engine_job(core, {ticket * 4, 1}, ticket, job, race);
        others = obvious.start_engine_job(core, ticket, job);
      } else if (event < 11) {
        // Mostly from the core's own place of one memory to that of another.
        DmaTransfer t;
        t.rows = 1 + random() % 3;
        t.row_bytes = 1 + random() % 7;
        t.to_stride = random() % 10;
        t.from_stride = random() % 10;
        const auto place = [&] {
          return bases[random() % 3] +
                 (random() % rarity == 0 ? random() % 96 : 32 * core + random() % 5);
        };
        t.to = place();
        t.from = place();
        const auto memory = [&](uint32_t address) -> const Memory& {
          return address < TD_CHIP_L2   ? memories.l1
                 : address < TD_CHIP_L3 ? memories.l2
                                        : memories.l3;
        };
        const uint32_t ticket = ++tickets;
        found = checker.start_transfer(core, {ticket * 4, 0}, ticket, t, memory(t.from),
                                       memory(t.to), race);
        others = obvious.start_transfer(core, ticket, t);
      } else {
        constexpr uint32_t kEnables[] = {1, 2, 4, 8, 3, 12, 15, 15, 15};
        const uint32_t level = random() % 2;
        const uint32_t enable = kEnables[random() % 9];
        // Mostly each core in its own place, so that rounds live long enough to get interesting.
        const uint32_t place = random() % rarity == 0 ? random() % kCores : core;
        const uint32_t address = bases[level] + 32 * place + 4 * (random() % 4);
        const bool is_write = random() % 3 == 0;
        found = checker.access(core, level == 0 ? memories.l1 : memories.l2, address, enable,
                               is_write, race);
        others = obvious.access(core, address, enable, is_write);
      }
      REQUIRE(found == !others.empty());
      if (!found) continue;
      const bool is_transfer = race.other_transfer != 0;
      const bool is_job = race.other_job != 0;
      CHECK(others.contains({is_transfer ? race.other_transfer
                             : is_job    ? race.other_job
                                         : race.other_core,
                             is_transfer ? ObviousChecker::kTransfer
                             : is_job    ? ObviousChecker::kJob
                                         : ObviousChecker::kCore,
                             race.other_wrote}));
      if (is_transfer) CHECK(race.other_place.pc == 4 * race.other_transfer);
      if (is_job) CHECK(race.other_place.pc == 4 * race.other_job);
      ++races;
      races_with_transfers += is_transfer;
      races_with_jobs += is_job;
    }
    silent += !found;
  }
  CHECK(races - races_with_transfers - races_with_jobs > 1000);
  CHECK(races_with_transfers > 1000);
  CHECK(races_with_jobs > 400);
  CHECK(silent > 300);
}

struct Fixture {
  bool write(uint32_t core, uint32_t address) {
    return checker.access(core, memories.l1, address, 15, true, race);
  }
  bool read(uint32_t core, uint32_t address) {
    return checker.access(core, memories.l1, address, 15, false, race);
  }
  bool copy(uint32_t core, uint32_t to, uint32_t from) {
    return checker.start_transfer(core, {}, ++tickets, {to, from, 16, 1, 0, 0}, memories.l1,
                                  memories.l1, race);
  }

  Memories memories{Parameters{}};
  RaceChecker checker{memories, kCores};
  RaceChecker::Race race;
  uint32_t tickets = 0;
};

TEST_CASE("a transfer that nobody waited for goes on behind a barrier") {
  Fixture f;
  CHECK(!f.copy(0, TD_CHIP_L1, TD_CHIP_L1 + 64));
  f.checker.synchronise();
  CHECK(!f.read(1, TD_CHIP_L1 + 64));
  CHECK(f.read(1, TD_CHIP_L1 + 12));
  CHECK(f.race.other_transfer == 1);
  CHECK(f.race.other_wrote);
}

TEST_CASE("who waited may touch it, another core may not before a barrier") {
  Fixture f;
  CHECK(!f.copy(0, TD_CHIP_L1, TD_CHIP_L1 + 64));
  f.checker.wait_for(0, 1);
  CHECK(!f.write(0, TD_CHIP_L1));
  CHECK(!f.write(0, TD_CHIP_L1 + 64));
  CHECK(f.read(1, TD_CHIP_L1 + 4));
  f.checker.synchronise();
  CHECK(!f.write(1, TD_CHIP_L1 + 4));
}

TEST_CASE("a job of the engine comes after those before it, and a wait for it waits for them") {
  Fixture f;
  const auto job = [&](uint32_t core, uint32_t from, uint32_t to) {
    const EngineFootprint footprint{{{TD_CHIP_L1 + from, 16}}, {{TD_CHIP_L1 + to, 16}}};
    return f.checker.start_engine_job(core, {}, ++f.tickets, footprint, f.race);
  };
  CHECK(!job(0, 64, 0));
  CHECK(!job(1, 0, 128));  // of another core, and reads what the first writes
  CHECK(!job(1, 128, 0));  // and one that writes it again
  f.checker.synchronise();
  CHECK(!job(2, 0, 256));  // beside that barrier, too
  f.checker.wait_for_engine(2, 3);
  CHECK(!f.write(2, TD_CHIP_L1 + 64));
  CHECK(!f.write(2, TD_CHIP_L1 + 128));
  CHECK(f.read(2, TD_CHIP_L1 + 256));
  CHECK(f.race.other_job == 4);
  CHECK(f.race.other_wrote);
}

TEST_CASE("many transfers without a barrier: those in order share one agent") {
  Fixture f;
  for (uint32_t i = 0; i < 10000; ++i) {
    REQUIRE(!f.copy(i % 2, TD_CHIP_L1 + 256 * (i % 2), TD_CHIP_L1 + 64 + 256 * (i % 2)));
    f.checker.wait_for(i % 2, f.tickets);
    REQUIRE(!f.write(i % 2, TD_CHIP_L1 + 64 + 256 * (i % 2)));
  }
  // Had they not been in order, 10,000 clocks of 10,000 agents would not be done in a second.
  CHECK(f.copy(2, TD_CHIP_L1 + 512, TD_CHIP_L1 + 64));
}

}  // namespace
}  // namespace tdc::soc
