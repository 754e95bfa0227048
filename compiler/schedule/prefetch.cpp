#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "schedule/aliases.h"
#include "schedule/lifetimes.h"
#include "schedule/loops.h"
#include "schedule/overlap.h"
#include "schedule/passes.h"
#include "schedule/transfers.h"
#include "schedule/uses.h"
#include "support/check.h"

namespace tdc::schedule {
namespace {

/// What transfers may run beside.
enum class Beside { launches, loops };

/// Moves the transfers of one entry point: the first of a flow, or the last wait of one. Positions
/// are those of its steps and stretches as they were.
class Prefetcher {
 public:
  Prefetcher(const Schedule& schedule, const chip::Chip& chip,
             const IdVector<BufferId, BufferId>& roots, const std::vector<int64_t>& live,
             Beside beside, EntryPoint& entry)
      : schedule_(schedule),
        chip_(chip),
        roots_(roots),
        beside_(beside),
        entry_(entry),
        stretches_(stretches(entry)),
        live_(live),
        before_(stretches_.size()),
        behind_(stretches_.size()),
        flow_of_(entry.steps.size()) {
    find_uses();
  }

  void run() {
    for (size_t i = 0; i < stretches_.size(); ++i)
      if (const Flow flow = inward_flow(i); !flow.empty()) bring_earlier(i, flow);
    for (size_t i = 0; i < stretches_.size(); ++i)
      if (const Flow flow = outward_flow(i); !flow.empty()) wait_later(i, flow);
    write();
  }

 private:
  struct Uses {
    size_t first = 0, last = 0;
  };

  /// The steps with one ticket of a transfer outside of loops; or of all turns of a loop, of what
  /// is started before it, and of what is waited for behind it.
  using Flow = std::vector<size_t>;

  [[nodiscard]] int64_t bytes_of(BufferId buffer) const {
    return align_up(ir::byte_size(schedule_.buffers[roots_[buffer]].type), kAlignment).count;
  }

  /// From which to which step each near buffer is used, transfers until they are waited for.
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
  }

  [[nodiscard]] bool is_loop(size_t stretch) const { return stretches_[stretch].loop.has_value(); }

  /// The step of a kind that is a stretch by itself; null if it is another, or a loop.
  template <typename Kind>
  [[nodiscard]] const Kind* lone(size_t stretch) const {
    return is_loop(stretch) ? nullptr : std::get_if<Kind>(&entry_.steps[stretches_[stretch].first]);
  }

  [[nodiscard]] std::optional<TicketId> ticket_of(size_t at) const {
    if (const auto* wait = std::get_if<Wait>(&entry_.steps[at])) return wait->ticket;
    return started_ticket(entry_.steps[at]);
  }

  /// The steps of a stretch that have a ticket.
  [[nodiscard]] Flow steps_with(TicketId ticket, size_t stretch) const {
    Flow found;
    for (size_t at = stretches_[stretch].first; at < stretches_[stretch].end; ++at)
      if (ticket_of(at) == ticket) found.push_back(at);
    return found;
  }

  [[nodiscard]] bool is_wait(size_t at) const {
    return std::holds_alternative<Wait>(entry_.steps[at]);
  }

  /// The next stretch in the direction of `step`, 1 or -1, that has a ticket; nullopt if a launch
  /// or a loop that does not have it is in between.
  [[nodiscard]] std::optional<size_t> next_with(TicketId ticket, size_t stretch, int step) const {
    for (size_t i = stretch + static_cast<size_t>(step); i < stretches_.size();
         i += static_cast<size_t>(step)) {
      if (!steps_with(ticket, i).empty()) return i;
      if (is_loop(i) || lone<Launch>(i) != nullptr) return std::nullopt;
    }
    return std::nullopt;
  }

  /// Adds the steps of the next stretch with the ticket of `flow` behind or before its own; false
  /// if there is none.
  bool extend(Flow& flow, size_t& stretch, int step) const {
    const TicketId ticket = *ticket_of(flow.front());
    const std::optional<size_t> next = next_with(ticket, stretch, step);
    if (!next) return false;
    const Flow steps = steps_with(ticket, *next);
    flow.insert(step > 0 ? flow.end() : flow.begin(), steps.begin(), steps.end());
    stretch = *next;
    return true;
  }

  /// That of a transfer to the scratchpad outside of loops, up to the wait with which it ends;
  /// empty if that has passed a launch or loop already.
  [[nodiscard]] Flow inward_flow(size_t stretch) const {
    const auto* copy = lone<Copy>(stretch);
    if (copy == nullptr || !copy->ticket || !is_inward(schedule_, chip_, *copy)) return {};
    Flow flow = {stretches_[stretch].first};
    while (!is_wait(flow.back()))
      if (!extend(flow, stretch, 1)) return {};
    return flow;
  }

  /// That of a transfer from the scratchpad which is waited for outside of loops.
  [[nodiscard]] Flow outward_flow(size_t stretch) const {
    if (lone<Wait>(stretch) == nullptr) return {};
    Flow flow = {stretches_[stretch].first};
    while (is_wait(flow.front()))
      if (!extend(flow, stretch, -1)) return {};
    const auto* copy = std::get_if<Copy>(&entry_.steps[flow[flow.size() - 2]]);
    if (copy == nullptr || is_inward(schedule_, chip_, *copy)) return {};
    return flow;
  }

  /// Whether a stretch touches elements of a far view; `writes`: writes them.
  [[nodiscard]] bool touches(size_t stretch, const View& far, bool writes) const {
    for (size_t at = stretches_[stretch].first; at < stretches_[stretch].end; ++at)
      if (touches(entry_.steps[at], far, writes)) return true;
    return false;
  }

  [[nodiscard]] bool touches(const Step& step, const View& far, bool writes) const {
    bool found = false;
    visit_views(step, [&](const View& view, bool is_written) {
      found = found || ((is_written || !writes) && roots_[view.buffer] == roots_[far.buffer] &&
                        may_overlap(view, far));
    });
    return found;
  }

  /// The next launch or loop in the direction of `step` beside which a transfer may run: nobody on
  /// the way there, or in it, touches (or writes) the far view.
  [[nodiscard]] std::optional<size_t> neighbour(size_t stretch, int step, const View& far,
                                                bool writes) const {
    for (size_t i = stretch + static_cast<size_t>(step); i < stretches_.size();
         i += static_cast<size_t>(step)) {
      if (is_loop(i) && beside_ == Beside::launches) return std::nullopt;
      if (touches(i, far, writes)) return std::nullopt;
      if (is_loop(i) || lone<Launch>(i) != nullptr) return i;
    }
    return std::nullopt;
  }

  /// Makes a buffer live in stretches `begin` to `end` - 1 as well; false if it does not fit.
  bool widen(BufferId buffer, size_t begin, size_t end) {
    const int64_t bytes = bytes_of(buffer);
    const int64_t room = chip_.levels[chip_.scratchpad->level].room().count;
    for (size_t i = begin; i < end; ++i)
      if (live_[i] + bytes > room) return false;
    for (size_t i = begin; i < end; ++i) live_[i] += bytes;
    return true;
  }

  /// Starts a transfer before the launch or loop before it.
  void bring_earlier(size_t stretch, const Flow& flow) {
    const Copy& copy = *lone<Copy>(stretch);
    const BufferId near = roots_[copy.to.buffer];
    if (uses_.at(near).first != flow.front()) return;
    const std::optional<size_t> beside = neighbour(stretch, -1, copy.from, /*writes=*/true);
    if (!beside || !widen(near, *beside, stretch)) return;
    before_[*beside].push_back(flow.front());
    move(flow);
  }

  /// Waits for a transfer behind the next launch or loop.
  void wait_later(size_t stretch, const Flow& flow) {
    const Copy& copy = std::get<Copy>(entry_.steps[flow[flow.size() - 2]]);
    const BufferId near = roots_[copy.from.buffer];
    if (uses_.at(near).last != flow.back()) return;
    if (std::ranges::any_of(flow, [&](size_t at) { return flow_of_[at].has_value(); })) return;
    const std::optional<size_t> beside = neighbour(stretch, 1, copy.to, /*writes=*/false);
    if (!beside) return;
    for (const size_t brought : before_[*beside])
      if (touches(entry_.steps[brought], copy.to, /*writes=*/false)) return;
    if (!widen(near, stretch + 1, *beside + 1)) return;
    behind_[*beside].push_back(flow.back());
    move(flow);
  }

  /// Gives a flow a ticket of its own.
  void move(const Flow& flow) {
    for (const size_t at : flow) flow_of_[at] = flows_.size();
    flows_.push_back({.left = flow.size(), .ticket = std::nullopt});
  }

  /// The first ticket that no step has.
  [[nodiscard]] uint32_t tickets() const {
    uint32_t count = 0;
    for (const Step& step : entry_.steps)
      if (const auto ticket = started_ticket(step)) count = std::max(count, ticket->index + 1);
    return count;
  }

  /// Writes the steps in their new order. What is moved has the lowest tickets behind those of the
  /// others that nothing under way has.
  void write() {
    std::vector<Step> steps;
    std::vector<bool> is_taken;  // of those tickets
    const uint32_t others = tickets();
    const auto add = [&](size_t at) {
      steps.push_back(std::move(entry_.steps[at]));
      if (!flow_of_[at]) return;
      MovedFlow& flow = flows_[*flow_of_[at]];
      if (!flow.ticket) {
        const auto free =
            static_cast<size_t>(std::ranges::find(is_taken, false) - is_taken.begin());
        if (free == is_taken.size()) is_taken.push_back(false);
        is_taken[free] = true;
        flow.ticket = TicketId{others + static_cast<uint32_t>(free)};
      }
      if (auto* copy = std::get_if<Copy>(&steps.back())) copy->ticket = flow.ticket;
      if (auto* wait = std::get_if<Wait>(&steps.back())) wait->ticket = *flow.ticket;
      if (--flow.left == 0) is_taken[flow.ticket->index - others] = false;
    };
    std::vector<bool> is_moved(entry_.steps.size(), false);
    for (const auto* moved : {&before_, &behind_})
      for (const std::vector<size_t>& there : *moved)
        for (const size_t at : there) is_moved[at] = true;
    for (size_t i = 0; i < stretches_.size(); ++i) {
      std::ranges::for_each(before_[i], add);
      for (size_t at = stretches_[i].first; at < stretches_[i].end; ++at)
        if (!is_moved[at]) add(at);
      std::ranges::for_each(behind_[i], add);
    }
    entry_.steps = std::move(steps);
  }

  struct MovedFlow {
    size_t left = 0;  ///< steps that are not written yet
    std::optional<TicketId> ticket;
  };

  const Schedule& schedule_;
  const chip::Chip& chip_;
  const IdVector<BufferId, BufferId>& roots_;
  Beside beside_;
  EntryPoint& entry_;
  std::vector<Stretch> stretches_;
  std::vector<int64_t> live_;                         // bytes near the cores, of each stretch
  std::vector<std::vector<size_t>> before_, behind_;  // steps that are moved there
  std::vector<std::optional<size_t>> flow_of_;        // of each step that has a new ticket
  std::vector<MovedFlow> flows_;
  std::map<BufferId, Uses> uses_;  // of near roots
};

/// How many bytes are live near the cores in each stretch of an entry point, at most.
std::vector<int64_t> live_bytes(const Schedule& schedule, const chip::Chip& chip,
                                const EntryPoint& entry, const Lifetimes& lifetimes,
                                EntryTicks ticks) {
  std::vector<int64_t> live(static_cast<size_t>(ticks.end - ticks.begin), 0);
  for (const Lifetime& lifetime : lifetimes.lifetimes) {
    if (!is_near(schedule, chip, lifetime.buffer)) continue;
    const Tick first = std::max(ticks.begin, lifetime.first);
    for (Tick at = first; at < std::min(ticks.end, lifetime.last + 1); ++at)
      live[static_cast<size_t>(at - ticks.begin)] += align_up(lifetime.size, kAlignment).count;
  }
  std::vector<int64_t> most;
  auto from = live.begin();
  for (const Stretch& stretch : stretches(entry)) {
    const auto end = from + static_cast<std::ptrdiff_t>(stretch.body);
    most.push_back(*std::max_element(from, end));
    from = end;
  }
  TDC_CHECK(from == live.end(), "{} ticks are those of no step", live.end() - from);
  return most;
}

Schedule moved(Schedule schedule, const chip::Chip& chip, Beside beside) {
  if (!chip.scratchpad) return schedule;
  const IdVector<BufferId, BufferId> roots = alias_roots(schedule.buffers);
  const Lifetimes lifetimes = find_lifetimes(schedule);
  for (size_t i = 0; i < schedule.entry_points.size(); ++i) {
    EntryPoint& entry = schedule.entry_points[i];
    const std::vector<int64_t> live =
        live_bytes(schedule, chip, entry, lifetimes, lifetimes.entry_points[i]);
    Prefetcher(schedule, chip, roots, live, beside, entry).run();
  }
  return schedule;
}

}  // namespace

Schedule prefetch(Schedule schedule, const chip::Chip& chip) {
  return moved(std::move(schedule), chip, Beside::launches);
}

Schedule prefetch_loops(Schedule schedule, const chip::Chip& chip) {
  return moved(std::move(schedule), chip, Beside::loops);
}

}  // namespace tdc::schedule
