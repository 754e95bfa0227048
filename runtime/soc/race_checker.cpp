#include "soc/race_checker.h"

#include <algorithm>
#include <bit>

namespace tdc::soc {

RaceChecker::RaceChecker(const Memories& memories, uint32_t cores)
    : cores_(cores),
      cells_{Cells(memories.l1), Cells(memories.l2), Cells(memories.l3)},
      seen_(cores) {
  synchronise();
}

// ---- Order ----

void RaceChecker::synchronise() {
  ++interval_;
  used_reader_sets_ = 0;
  free_reader_sets_.clear();
  // Everything so far is before everything to come, so counting begins anew ...
  clocks_.assign(cores_, 1);
  for (uint32_t core = 0; core < cores_; ++core) {
    seen_[core].assign(cores_, 0);
    seen_[core][core] = 1;
  }
  job_.clear();
  // ... but for transfers and jobs that nobody has waited for: they are beside what comes, too.
  Race none;
  std::erase_if(transfers_, [](const Transfer& transfer) { return transfer.is_waited_for; });
  for (Transfer& transfer : transfers_) {
    transfer.seen.assign(clocks_.size(), 0);
    touch_anew(transfer, none);
  }
  std::erase_if(jobs_, [](const Transfer& job) { return job.is_waited_for; });
  behind_jobs_.clear();
  for (Transfer& job : jobs_) {
    job.seen.assign(clocks_.size(), 0);
    join(job.seen, behind_jobs_);
    touch_anew(job, none);
    keep_behind(job);
  }
}

void RaceChecker::release(uint32_t core) {
  seen_[core][core] = ++clocks_[core];
}

void RaceChecker::join(VectorClock& into, const VectorClock& from) {
  for (size_t agent = 0; agent < from.size(); ++agent) {
    into[agent] = std::max(into[agent], from[agent]);
  }
}

void RaceChecker::join(uint32_t core, Transfer& transfer) {
  transfer.is_waited_for = true;
  transfer.reads = {};
  transfer.writes = {};
  VectorClock& seen = seen_[core];
  if (is_before(transfer.epoch, seen)) return;
  join(seen, transfer.seen);
  seen[transfer.epoch.agent] = transfer.epoch.clock;
}

void RaceChecker::start_job(uint32_t core) {
  job_ = seen_[core];
  release(core);
}

void RaceChecker::take_job(uint32_t core) {
  join(seen_[core], job_);
}

void RaceChecker::wait_for(uint32_t core, uint32_t ticket) {
  const auto found = std::lower_bound(
      transfers_.begin(), transfers_.end(), ticket,
      [](const Transfer& transfer, uint32_t wanted) { return transfer.ticket < wanted; });
  if (found == transfers_.end() || found->ticket != ticket) return;
  join(core, *found);
}

void RaceChecker::wait_for_all(uint32_t core, uint32_t ticket) {
  wait_until(core, transfers_, ticket);
}

void RaceChecker::wait_for_engine(uint32_t core, uint32_t ticket) {
  wait_until(core, jobs_, ticket);
}

void RaceChecker::wait_until(uint32_t core, std::deque<Transfer>& transfers, uint32_t ticket) {
  for (Transfer& transfer : transfers) {
    if (transfer.ticket > ticket) break;
    join(core, transfer);
  }
}

RaceChecker::Epoch RaceChecker::next_transfer_epoch(const VectorClock& seen) {
  // A chain whose last transfer is before the new one can carry it on.
  uint32_t agent = cores_;
  while (agent < clocks_.size() && seen[agent] < clocks_[agent]) ++agent;
  if (agent == clocks_.size()) {
    clocks_.push_back(0);
    for (VectorClock& core : seen_) core.resize(clocks_.size());
  }
  return {agent, ++clocks_[agent]};
}

bool RaceChecker::start_transfer(uint32_t core, CodePlace place, uint32_t ticket,
                                 const DmaTransfer& transfer, const Memory& from, const Memory& to,
                                 Race& race) {
  const auto rows = [&](uint32_t begin, uint32_t stride) {
    std::vector<MemoryRange> ranges;
    ranges.reserve(transfer.rows);
    for (uint32_t row = 0; row < transfer.rows; ++row) {
      ranges.push_back({begin + row * stride, transfer.row_bytes});
    }
    return ranges;
  };
  transfers_.push_back({.ticket = ticket,
                        .core = core,
                        .place = place,
                        .from = from.level,
                        .to = to.level,
                        .reads = rows(transfer.from, transfer.from_stride),
                        .writes = rows(transfer.to, transfer.to_stride),
                        .epoch = {},
                        .seen = seen_[core]});
  return start(transfers_.back(), race);
}

bool RaceChecker::start_engine_job(uint32_t core, CodePlace place, uint32_t ticket,
                                   const EngineFootprint& footprint, Race& race) {
  jobs_.push_back({.ticket = ticket,
                   .core = core,
                   .place = place,
                   .from = Level::kL1,
                   .to = Level::kL1,
                   .reads = footprint.reads,
                   .writes = footprint.writes,
                   .epoch = {},
                   .seen = seen_[core]});
  join(jobs_.back().seen, behind_jobs_);
  const bool is_race = start(jobs_.back(), race);
  keep_behind(jobs_.back());
  return is_race;
}

bool RaceChecker::start(Transfer& transfer, Race& race) {
  const bool is_race = touch_anew(transfer, race);
  release(transfer.core);
  return is_race;
}

bool RaceChecker::touch_anew(Transfer& transfer, Race& race) {
  transfer.epoch = next_transfer_epoch(transfer.seen);
  transfer.seen.resize(clocks_.size());
  for (const MemoryRange& range : transfer.reads) {
    if (touch_range(cells(transfer.from), range.address, range.bytes, false, transfer.epoch,
                    transfer.seen, race)) {
      return true;
    }
  }
  for (const MemoryRange& range : transfer.writes) {
    if (touch_range(cells(transfer.to), range.address, range.bytes, true, transfer.epoch,
                    transfer.seen, race)) {
      return true;
    }
  }
  return false;
}

void RaceChecker::keep_behind(const Transfer& job) {
  behind_jobs_ = job.seen;
  behind_jobs_[job.epoch.agent] = job.epoch.clock;
}

// ---- Accesses ----

bool RaceChecker::access_range(uint32_t core, const Memory& memory, uint32_t address,
                               uint64_t count, bool is_write, Race& race) {
  return touch_range(cells(memory.level), address, count, is_write, Epoch{core, clocks_[core]},
                     seen_[core], race);
}

bool RaceChecker::touch_range(Cells& cells, uint32_t address, uint64_t count, bool is_write,
                              Epoch self, const VectorClock& seen, Race& race) {
  while (count > 0) {
    const uint32_t first = address % 4;
    const auto bytes = static_cast<uint32_t>(std::min<uint64_t>(count, 4 - first));
    const uint32_t mask = ((1U << bytes) - 1) << first;
    if (touch_word(cells.at(address), address, mask, is_write, self, seen, race)) return true;
    address += bytes;
    count -= bytes;
  }
  return false;
}

bool RaceChecker::touch_word(Cell& cell, uint32_t address, uint32_t bytes, bool is_write,
                             Epoch self, const VectorClock& seen, Race& race) {
  if (cell.interval != interval_) cell = Cell{.interval = interval_, .write = {}, .reader = {}};
  Conflict conflict;
  if (!cell.is_split) {
    switch (touch(cell, bytes, is_write, self, seen, conflict)) {
      case Outcome::kFits:
        return false;
      case Outcome::kRace:
        race = describe(address, is_write, conflict);
        return true;
      case Outcome::kSplits:
        split(address, cell);
    }
  }
  auto& word = split_words_[address & ~3U];
  for (uint32_t rest = bytes; rest != 0; rest &= rest - 1) {
    const auto byte = static_cast<uint32_t>(std::countr_zero(rest));
    if (touch(word[byte], 1, is_write, self, seen, conflict) == Outcome::kRace) {
      conflict.bytes = 1U << byte;
      race = describe(address, is_write, conflict);
      return true;
    }
  }
  return false;
}

RaceChecker::Race RaceChecker::describe(uint32_t address, bool is_write,
                                        const Conflict& conflict) const {
  Race race;
  race.is_write = is_write;
  race.address = (address & ~3U) + static_cast<uint32_t>(std::countr_zero(conflict.bytes));
  race.other_wrote = conflict.other_wrote;
  race.other_core = conflict.other.agent;
  if (conflict.other.agent < cores_) return race;
  for (const std::deque<Transfer>* transfers : {&transfers_, &jobs_}) {
    for (const Transfer& transfer : *transfers) {
      if (transfer.epoch != conflict.other) continue;
      race.other_core = transfer.core;
      (transfers == &jobs_ ? race.other_job : race.other_transfer) = transfer.ticket;
      race.other_place = transfer.place;
    }
  }
  return race;
}

RaceChecker::Outcome RaceChecker::touch(Cell& cell, uint32_t bytes, bool is_write, Epoch self,
                                        const VectorClock& seen, Conflict& conflict) {
  if ((cell.written & bytes) != 0 && cell.write != self && !is_before(cell.write, seen)) {
    conflict = {cell.write, true, cell.written & bytes};
    return Outcome::kRace;
  }
  if (!is_write) {
    if (cell.read == 0) {
      cell.reader = self;
    } else if (!cell.has_reader_set && (cell.reader == self || ((cell.read & ~bytes) == 0 &&
                                                                is_before(cell.reader, seen)))) {
      cell.reader = self;
    } else if (cell.read == bytes) {
      add_reader(cell, self, seen);
    } else {
      return Outcome::kSplits;
    }
    cell.read = (cell.read | bytes) & 15U;
    return Outcome::kFits;
  }
  if ((cell.read & bytes) != 0) {
    // A transfer is not before itself: one that writes what it reads is told, too.
    const auto conflicts = [&](Epoch reader) { return !is_before(reader, seen); };
    if (!cell.has_reader_set) {
      conflict = {cell.reader, false, cell.read & bytes};
      if (conflicts(cell.reader)) return Outcome::kRace;
    } else {
      const std::vector<Epoch>& readers = reader_sets_[cell.reader.agent];
      const auto found = std::find_if(readers.begin(), readers.end(), conflicts);
      if (found != readers.end()) {
        conflict = {*found, false, cell.read & bytes};
        return Outcome::kRace;
      }
    }
  }
  if ((cell.written & ~bytes) != 0 && cell.write != self) return Outcome::kSplits;
  cell.write = self;
  cell.written = (cell.written | bytes) & 15U;
  cell.read = cell.read & ~bytes & 15U;
  if (cell.read == 0) forget_readers(cell);
  return Outcome::kFits;
}

void RaceChecker::add_reader(Cell& cell, Epoch self, const VectorClock& seen) {
  if (!cell.has_reader_set) {
    const uint32_t index = new_reader_set();
    reader_sets_[index] = {cell.reader};
    cell.reader.agent = index;
    cell.has_reader_set = true;
  }
  std::vector<Epoch>& readers = reader_sets_[cell.reader.agent];
  for (Epoch& reader : readers) {
    // Whoever is after us is after a reader before us.
    if (reader == self || is_before(reader, seen)) {
      reader = self;
      return;
    }
  }
  readers.push_back(self);
}

uint32_t RaceChecker::new_reader_set() {
  if (!free_reader_sets_.empty()) {
    const uint32_t index = free_reader_sets_.back();
    free_reader_sets_.pop_back();
    return index;
  }
  if (used_reader_sets_ == reader_sets_.size()) reader_sets_.emplace_back();
  return used_reader_sets_++;
}

void RaceChecker::forget_readers(Cell& cell) {
  if (cell.has_reader_set) free_reader_sets_.push_back(cell.reader.agent);
  cell.has_reader_set = false;
}

void RaceChecker::split(uint32_t address, Cell& cell) {
  auto& word = split_words_[address & ~3U];
  for (uint32_t i = 0; i < 4; ++i) {
    word[i] = Cell{.interval = interval_,
                   .written = static_cast<uint8_t>(cell.written >> i & 1),
                   .read = static_cast<uint8_t>(cell.read >> i & 1),
                   .has_reader_set = false,
                   .write = cell.write,
                   .reader = cell.reader};
    if (cell.has_reader_set && word[i].read != 0) {
      const uint32_t index = new_reader_set();
      reader_sets_[index] = reader_sets_[cell.reader.agent];
      word[i].reader.agent = index;
      word[i].has_reader_set = true;
    }
  }
  forget_readers(cell);
  cell.is_split = true;
}

}  // namespace tdc::soc
