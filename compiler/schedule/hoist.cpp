#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "schedule/aliases.h"
#include "schedule/passes.h"
#include "schedule/transfers.h"
#include "schedule/turn_lifetimes.h"
#include "schedule/turn_users.h"
#include "schedule/uses.h"
#include "support/units.h"

namespace tdc::schedule {
namespace {

/// Moves the transfers of one loop in front of it.
class Hoister {
 public:
  Hoister(const Schedule& schedule, const chip::Chip& chip,
          const IdVector<BufferId, BufferId>& roots, const EntryPoint& entry, const Stretch& loop)
      : schedule_(schedule),
        chip_(chip),
        roots_(roots),
        entry_(entry),
        loop_(loop),
        users_(users_in_turns(entry, loop, roots)) {}

  /// The steps that take the place of the loop.
  std::vector<Step> write() {
    const std::vector<Candidate> chosen = those_that_fit(candidates());
    std::vector<Transfer> in, out;
    std::set<size_t> moved;  // places
    for (const Candidate& each : chosen) {
      if (!each.starts_in_loop) in.push_back(each.in);
      if (each.out) out.push_back(*each.out);
      moved.insert({each.in.copy, each.in.wait});
      if (each.out) moved.insert({each.out->copy, each.out->wait});
    }
    std::vector<Step> steps;
    write_transfers(in, /*is_back=*/false, steps);
    for (size_t at = loop_.first; at < loop_.end; ++at) {
      Step step = entry_.steps[at];
      LoopTurn turn = *loop_turn(step);
      const auto behind = moved.lower_bound(static_cast<size_t>(turn.place));
      if (behind != moved.end() && *behind == static_cast<size_t>(turn.place)) continue;
      turn.place -= std::distance(moved.begin(), behind);
      set_loop_turn(step, turn);
      steps.push_back(std::move(step));
    }
    write_transfers(out, /*is_back=*/true, steps);
    return steps;
  }

 private:
  /// The places of a transfer.
  struct Transfer {
    size_t copy = 0, wait = 0;
  };
  /// What is the same in every turn, or what each turn goes on with.
  struct Candidate {
    Transfer in;
    std::optional<Transfer> out;
    bool starts_in_loop = false;  ///< the first turn brings nothing
    BufferId near;                ///< the root of what it fills
    double cycles = 0;            ///< of one transfer, for each byte
  };

  /// What the first turn brings, or the last takes back.
  void write_transfers(const std::vector<Transfer>& transfers, bool is_back,
                       std::vector<Step>& steps) const {
    std::vector<Step> waits;
    for (const Transfer& each : transfers) {
      Copy copy = *(is_back ? copies_at(each.copy).back() : copies_at(each.copy).front());
      copy.ticket = TicketId{static_cast<uint32_t>(waits.size())};
      copy.context.loop_turn.reset();
      waits.emplace_back(Wait{.ticket = *copy.ticket, .context = copy.context});
      steps.emplace_back(std::move(copy));
    }
    std::ranges::move(waits, std::back_inserter(steps));
  }

  [[nodiscard]] std::vector<const Copy*> copies_at(size_t place) const {
    return in_turns<Copy>(entry_, loop_, place);
  }

  [[nodiscard]] std::vector<Candidate> candidates() const {
    std::vector<Candidate> result;
    for (size_t place = 0; place < loop_.body; ++place) {
      const std::optional<Transfer> in = same_transfer(place);
      if (!in) continue;
      const Copy& copy = *copies_at(place).front();
      if (!is_inward(schedule_, chip_, copy)) continue;
      const BufferId far = roots_[copy.from.buffer], near = roots_[copy.to.buffer];
      const TurnRange turns = turns_at(loop_, place);
      if (turns.end < loop_.turns || turns.begin > 1) continue;
      std::optional<Transfer> out;
      if (users_.at(far).writers.empty()) {
        if (users_.at(near).writers.size() > 1 || turns.begin > 0) continue;
      } else {
        out = transfer_back(copy, place);
        if (!out) continue;
      }
      const TransferCycles cycles =
          transfer_cycles(copy, chip_.transfers_with(schedule_.buffers[copy.from.buffer].level));
      result.push_back(
          {.in = *in,
           .out = out,
           .starts_in_loop = turns.begin > 0,
           .near = near,
           .cycles = (cycles.starts + cycles.moving) / static_cast<double>(bytes_of(near))});
    }
    return result;
  }

  /// The transfer at a place, if it moves from and to the same in every turn that has it.
  [[nodiscard]] std::optional<Transfer> same_transfer(size_t place) const {
    const std::vector<const Copy*> copies = copies_at(place);
    if (copies.empty() || !copies.front()->ticket) return {};
    for (const Copy* copy : copies)
      if (!is_same_memory(copy->from, copies.front()->from, roots_) ||
          !is_same_memory(copy->to, copies.front()->to, roots_))
        return {};
    const size_t turn = turns_at(loop_, place).begin;
    for (size_t place_of_wait = place + 1; place_of_wait < loop_.body; ++place_of_wait) {
      const std::optional<size_t> at = loop_.step(turn, place_of_wait);
      if (!at) continue;
      const auto* wait = std::get_if<Wait>(&entry_.steps[*at]);
      if (wait != nullptr && wait->ticket == *copies.front()->ticket)
        return Transfer{.copy = place, .wait = place_of_wait};
    }
    return {};  // the next turn waits for it
  }

  /// The transfer that takes back what the one at `place` brought, if nothing else moves it.
  [[nodiscard]] std::optional<Transfer> transfer_back(const Copy& in, size_t place) const {
    const TurnUsers& far = users_.at(roots_[in.from.buffer]);
    const TurnUsers& near = users_.at(roots_[in.to.buffer]);
    if (far.all.size() != 2 || far.writers.size() != 1) return {};
    const size_t back = *far.writers.begin();
    const std::vector<const Copy*> copies = copies_at(back);
    if (back < place || copies.size() < loop_.turns ||
        !is_same_memory(copies.front()->to, in.from, roots_) ||
        !is_same_memory(copies.front()->from, in.to, roots_))
      return {};
    for (const size_t user : near.all)
      if (user != place && user != back && !copies_at(user).empty()) return {};
    return same_transfer(back);
  }

  [[nodiscard]] int64_t bytes_of(BufferId root) const {
    return align_up(ir::byte_size(schedule_.buffers[root].type), kAlignment).count;
  }

  /// The places of a turn at which a near buffer is live.
  [[nodiscard]] std::map<BufferId, ops::Range> live_places() const {
    std::map<BufferId, ops::Range> result;
    for (size_t place = 0; place < loop_.body; ++place) {
      const auto index = static_cast<int64_t>(place);
      const auto use = [&](const View& view, bool) {
        const BufferId root = roots_[view.buffer];
        if (is_near(schedule_, chip_, root))
          result.try_emplace(root, ops::Range{index, index}).first->second.end = index + 1;
      };
      const size_t at = *loop_.step(turns_at(loop_, place).begin, place);
      visit_views(entry_.steps[at], use);
      if (std::holds_alternative<Wait>(entry_.steps[at]))
        if (const Step* started = awaited(entry_, at)) visit_views(*started, use);
    }
    const std::set<BufferId> fresh = fresh_in_turns(schedule_, entry_, loop_, roots_);
    for (auto& [root, range] : result)
      if (!fresh.contains(root)) range = {0, static_cast<int64_t>(loop_.body)};
    return result;
  }

  /// Those that save most for the memory that they then take in all of a turn.
  [[nodiscard]] std::vector<Candidate> those_that_fit(std::vector<Candidate> candidates) const {
    if (candidates.empty()) return {};
    std::vector<int64_t> live(loop_.body, 0);
    const std::map<BufferId, ops::Range> places = live_places();
    const auto add = [&](ops::Range range, int64_t bytes) {
      for (int64_t place = range.begin; place < range.end; ++place)
        live[static_cast<size_t>(place)] += bytes;
    };
    for (const auto& [root, range] : places) add(range, bytes_of(root));
    std::ranges::stable_sort(candidates, std::greater(), &Candidate::cycles);
    const ops::Range turn = {0, static_cast<int64_t>(loop_.body)};
    std::vector<Candidate> result;
    for (const Candidate& each : candidates) {
      const int64_t bytes = bytes_of(each.near);
      add(places.at(each.near), -bytes);
      if (std::ranges::max(live) + bytes > chip_.levels[chip_.scratchpad->level].room().count) {
        add(places.at(each.near), bytes);
        continue;
      }
      add(turn, bytes);
      result.push_back(each);
    }
    return result;
  }

  const Schedule& schedule_;
  const chip::Chip& chip_;
  const IdVector<BufferId, BufferId>& roots_;
  const EntryPoint& entry_;
  const Stretch& loop_;
  std::map<BufferId, TurnUsers> users_;
};

}  // namespace

Schedule hoist(Schedule schedule, const chip::Chip& chip) {
  if (!chip.scratchpad) return schedule;
  const IdVector<BufferId, BufferId> roots = alias_roots(schedule.buffers);
  for (EntryPoint& entry : schedule.entry_points) {
    std::vector<Step> steps;
    for (const Stretch& stretch : stretches(entry)) {
      if (stretch.loop && schedule.loops[*stretch.loop].kind == Loop::Kind::repeat) {
        std::ranges::move(Hoister(schedule, chip, roots, entry, stretch).write(),
                          std::back_inserter(steps));
      } else {
        for (size_t at = stretch.first; at < stretch.end; ++at) steps.push_back(entry.steps[at]);
      }
    }
    entry.steps = std::move(steps);
  }
  return schedule;
}

}  // namespace tdc::schedule
