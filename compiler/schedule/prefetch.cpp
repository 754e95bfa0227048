#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include "schedule/aliases.h"
#include "schedule/loops.h"
#include "schedule/overlap.h"
#include "schedule/passes.h"
#include "schedule/transfers.h"
#include "schedule/uses.h"

namespace tdc::schedule {
namespace {

/// Moves the transfers of one entry point. Positions are those of its steps as they were.
class Prefetcher {
 public:
  Prefetcher(const Schedule& schedule, const chip::Chip& chip,
             const IdVector<BufferId, BufferId>& roots, EntryPoint& entry)
      : schedule_(schedule),
        chip_(chip),
        roots_(roots),
        entry_(entry),
        before_(entry.steps.size()),
        behind_(entry.steps.size()),
        is_moved_(entry.steps.size(), false),
        live_(entry.steps.size() + 1, 0) {
    find_uses();
  }

  void run() {
    for (size_t at = 0; at < entry_.steps.size(); ++at)
      if (is_single(at, /*is_inward=*/true)) bring_earlier(at);
    for (size_t at = 0; at < entry_.steps.size(); ++at)
      if (is_single(at, /*is_inward=*/false)) wait_later(at);
    write();
  }

 private:
  struct Uses {
    size_t first = 0, last = 0;
  };

  [[nodiscard]] int64_t bytes_of(BufferId buffer) const {
    return align_up(ir::byte_size(schedule_.buffers[roots_[buffer]].type), kAlignment).count;
  }

  /// From when to when each near buffer is used, transfers until they are waited for, and how many
  /// bytes are live at each step.
  void find_uses() {
    std::map<TicketId, size_t> started;
    const auto use = [&](const View& view, size_t at) {
      const BufferId root = roots_[view.buffer];
      if (is_near(schedule_, chip_, root))
        uses_.try_emplace(root, Uses{.first = at}).first->second.last = at;
    };
    for (size_t at = 0; at < entry_.steps.size(); ++at) {
      visit_views(entry_.steps[at], [&](const View& view, bool) { use(view, at); });
      if (const auto ticket = started_ticket(entry_.steps[at])) started[*ticket] = at;
      if (const auto* wait = std::get_if<Wait>(&entry_.steps[at]))
        visit_views(entry_.steps[started.at(wait->ticket)],
                    [&](const View& view, bool) { use(view, at); });
    }
    for (const auto& [root, uses] : uses_) {
      live_[uses.first] += bytes_of(root);
      live_[uses.last + 1] -= bytes_of(root);
    }
    std::partial_sum(live_.begin(), live_.end(), live_.begin());
  }

  [[nodiscard]] bool is_single(size_t at, bool is_inward) const {
    return is_single_transfer(schedule_, chip_, entry_, at, is_inward);
  }

  [[nodiscard]] bool is_lone_launch(size_t at) const {
    return std::holds_alternative<Launch>(entry_.steps[at]) && !loop_turn(entry_.steps[at]);
  }

  /// Whether a step touches elements of a far view; `writes`: writes them.
  [[nodiscard]] bool touches(const Step& step, const View& far, bool writes) const {
    bool found = false;
    visit_views(step, [&](const View& view, bool is_written) {
      found = found || ((is_written || !writes) && roots_[view.buffer] == roots_[far.buffer] &&
                        may_overlap(view, far));
    });
    return found;
  }

  /// Makes a buffer live at steps `begin` to `end` - 1 as well; false if it does not fit.
  bool widen(BufferId buffer, size_t begin, size_t end) {
    const int64_t bytes = bytes_of(buffer);
    const int64_t room = chip_.levels[chip_.scratchpad->level].room().count;
    for (size_t at = begin; at < end; ++at)
      if (live_[at] + bytes > room) return false;
    for (size_t at = begin; at < end; ++at) live_[at] += bytes;
    return true;
  }

  /// Starts a transfer before the launch before it.
  void bring_earlier(size_t at) {
    const Copy& copy = std::get<Copy>(entry_.steps[at]);
    const BufferId near = roots_[copy.to.buffer];
    if (uses_.at(near).first != at) return;
    size_t launch = at;
    do {
      if (launch == 0 || loop_turn(entry_.steps[launch - 1])) return;
      --launch;
      if (touches(entry_.steps[launch], copy.from, /*writes=*/true)) return;
    } while (!is_lone_launch(launch));
    if (!widen(near, launch, at)) return;
    before_[launch].push_back(at);
    is_moved_[at] = true;
    waits_[at] = *wait_before_launch(entry_, at);
  }

  /// The first ticket that no step has.
  [[nodiscard]] TicketId tickets() const {
    uint32_t count = 0;
    for (const Step& step : entry_.steps)
      if (const auto ticket = started_ticket(step)) count = std::max(count, ticket->index + 1);
    return TicketId{count};
  }

  /// Waits for a transfer behind the next launch.
  void wait_later(size_t at) {
    const Copy& copy = std::get<Copy>(entry_.steps[at]);
    const size_t wait = *wait_before_launch(entry_, at);
    const BufferId near = roots_[copy.from.buffer];
    if (uses_.at(near).last != wait) return;
    size_t launch = wait;
    do {
      if (launch + 1 == entry_.steps.size() || loop_turn(entry_.steps[launch + 1])) return;
      ++launch;
      if (touches(entry_.steps[launch], copy.to, /*writes=*/false)) return;
    } while (!is_lone_launch(launch));
    for (const size_t brought : before_[launch])
      if (touches(entry_.steps[brought], copy.to, /*writes=*/false)) return;
    if (!widen(near, wait + 1, launch + 1)) return;
    behind_[launch].push_back(wait);
    is_moved_[wait] = true;
    waits_[at] = wait;
  }

  /// Writes the steps in their new order. What is moved has tickets of its own, the lowest that
  /// nothing under way has.
  void write() {
    std::vector<Step> steps;
    std::vector<bool> is_taken;        // of the tickets behind those of the others
    std::map<size_t, TicketId> moved;  // by the step of the wait
    const TicketId others = tickets();
    const auto add = [&](size_t at) {
      steps.push_back(std::move(entry_.steps[at]));
      if (auto* copy = std::get_if<Copy>(&steps.back()); copy != nullptr && waits_.contains(at)) {
        const auto free = std::ranges::find(is_taken, false) - is_taken.begin();
        if (free == std::ssize(is_taken)) is_taken.push_back(false);
        is_taken[static_cast<size_t>(free)] = true;
        copy->ticket = TicketId{others.index + static_cast<uint32_t>(free)};
        moved[waits_.at(at)] = *copy->ticket;
      } else if (const auto found = moved.find(at); found != moved.end()) {
        std::get<Wait>(steps.back()).ticket = found->second;
        is_taken[found->second.index - others.index] = false;
      }
    };
    for (size_t at = 0; at < entry_.steps.size(); ++at) {
      std::ranges::for_each(before_[at], add);
      if (!is_moved_[at]) add(at);
      std::ranges::for_each(behind_[at], add);
    }
    entry_.steps = std::move(steps);
  }

  const Schedule& schedule_;
  const chip::Chip& chip_;
  const IdVector<BufferId, BufferId>& roots_;
  EntryPoint& entry_;
  std::vector<std::vector<size_t>> before_, behind_;  // what is moved there, of each step
  std::vector<bool> is_moved_;
  std::map<size_t, size_t> waits_;  // for the transfers of which one end is moved
  std::vector<int64_t> live_;       // bytes near the cores, of each step
  std::map<BufferId, Uses> uses_;   // of near roots
};

}  // namespace

Schedule prefetch(Schedule schedule, const chip::Chip& chip) {
  if (!chip.scratchpad) return schedule;
  const IdVector<BufferId, BufferId> roots = alias_roots(schedule.buffers);
  for (EntryPoint& entry : schedule.entry_points) Prefetcher(schedule, chip, roots, entry).run();
  return schedule;
}

}  // namespace tdc::schedule
