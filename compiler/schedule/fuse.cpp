#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "schedule/aliases.h"
#include "schedule/fused_run.h"
#include "schedule/loops.h"
#include "schedule/overlap.h"
#include "schedule/passes.h"
#include "schedule/uses.h"

namespace tdc::schedule {
namespace {

/// The longest run that is looked at.
constexpr size_t kMostMembers = 4;

/// So far behind a launch the one that takes what it makes is looked for.
constexpr size_t kFurthest = 64;

/// The runs of one entry point. Positions are those of its steps as they were.
class Fuser {
 public:
  Fuser(Schedule& schedule, const chip::Chip& chip, const CycleTable& table,
        const IdVector<BufferId, BufferId>& roots, EntryPoint& entry)
      : schedule_(schedule), chip_(chip), table_(table), roots_(roots), entry_(entry) {}

  void run() {
    std::vector<Candidate> candidates;
    for (size_t at = 0; at < entry_.steps.size(); ++at) {
      std::vector<size_t> members = {at};
      if (!is_lone_launch(at)) continue;
      while (members.size() < kMostMembers) {
        const std::optional<size_t> next = next_member(members);
        if (!next) break;
        members.push_back(*next);
        add_candidate(members, candidates);
      }
    }
    // The best first; of two alike the first.
    std::ranges::stable_sort(candidates, std::greater(), &Candidate::gain);
    std::map<size_t, Candidate*> chosen;  // by the first member
    std::set<size_t> taken;
    for (Candidate& each : candidates) {
      if (std::ranges::any_of(each.members, [&](size_t at) { return taken.contains(at); }))
        continue;
      taken.insert(each.members.begin(), each.members.end());
      chosen[each.members.front()] = &each;
    }
    std::vector<Step> steps;
    for (size_t at = 0; at < entry_.steps.size(); ++at) {
      if (const auto found = chosen.find(at); found != chosen.end())
        std::ranges::move(
            found->second->run.write(found->second->choice, schedule_.buffers, schedule_.loops),
            std::back_inserter(steps));
      else if (!taken.contains(at))
        steps.push_back(entry_.steps[at]);
    }
    entry_.steps = std::move(steps);
  }

 private:
  struct Candidate {
    std::vector<size_t> members;  ///< steps
    FusedRun run;
    FusedChoice choice;
    double gain = 0;  ///< cycles
  };

  [[nodiscard]] bool is_lone_launch(size_t at) const {
    const auto* launch = std::get_if<Launch>(&entry_.steps[at]);
    return launch != nullptr && !loop_turn(entry_.steps[at]) && launch->outputs.size() == 1;
  }

  [[nodiscard]] const Launch& launch(size_t at) const { return std::get<Launch>(entry_.steps[at]); }

  [[nodiscard]] Bytes room() const { return chip_.levels[chip_.scratchpad->level].room(); }

  [[nodiscard]] bool uses(size_t at, BufferId root) const {
    bool found = false;
    visit_views(entry_.steps[at],
                [&](const View& view, bool) { found = found || roots_[view.buffer] == root; });
    return found;
  }

  /// Whether two steps may change places.
  [[nodiscard]] bool are_independent(size_t a, size_t b) const {
    bool meet = false;
    visit_views(entry_.steps[a], [&](const View& x, bool writes_x) {
      visit_views(entry_.steps[b], [&](const View& y, bool writes_y) {
        meet = meet || ((writes_x || writes_y) && roots_[x.buffer] == roots_[y.buffer] &&
                        may_overlap(x, y));
      });
    });
    return !meet;
  }

  /// The launch that is the next to touch what the last member makes, if it may come right behind
  /// that.
  [[nodiscard]] std::optional<size_t> next_member(const std::vector<size_t>& members) const {
    const BufferId made = roots_[launch(members.back()).outputs.front().buffer];
    if (schedule_.buffers[made].kind != BufferKind::temporary) return std::nullopt;
    const size_t end = std::min(entry_.steps.size(), members.back() + 1 + kFurthest);
    for (size_t at = members.back() + 1; at < end; ++at) {
      if (!uses(at, made)) continue;
      if (!is_lone_launch(at)) return std::nullopt;
      for (size_t between = members.front() + 1; between < at; ++between)
        if (!std::ranges::count(members, between) && !are_independent(between, at))
          return std::nullopt;
      return at;
    }
    return std::nullopt;
  }

  /// Whether nobody reads what member `index` makes but the next one.
  [[nodiscard]] bool is_dead(const std::vector<size_t>& members, size_t index) const {
    const View& made = launch(members[index]).outputs.front();
    const BufferId root = roots_[made.buffer];
    std::vector<size_t> later(members.begin() + static_cast<std::ptrdiff_t>(index) + 2,
                              members.end());
    for (size_t at = members.front() + 1; at < entry_.steps.size(); ++at)
      if (!std::ranges::count(members, at)) later.push_back(at);
    // What the next member makes in the same memory takes its place.
    const View& next = launch(members[index + 1]).outputs.front();
    if (is_same_memory(made, next, roots_)) return true;
    for (const size_t at : later) {
      bool is_read = false, is_replaced = false;
      visit_views(entry_.steps[at], [&](const View& view, bool is_written) {
        if (roots_[view.buffer] != root) return;
        is_read = is_read || !is_written;
        is_replaced = is_replaced || (is_written && is_same_memory(view, made, roots_));
        is_read = is_read || (is_written && !is_replaced);
      });
      if (is_read) return false;
      if (is_replaced) return true;
    }
    return true;
  }

  void add_candidate(const std::vector<size_t>& members, std::vector<Candidate>& candidates) {
    std::vector<FusedRun::Member> list;
    for (size_t i = 0; i < members.size(); ++i)
      list.push_back(
          {.near = near_of(members[i]), .is_dead = i + 1 < members.size() && is_dead(members, i)});
    std::optional<FusedRun> run = FusedRun::make(schedule_, chip_, roots_, list);
    if (!run) return;
    std::optional<FusedChoice> choice = run->choose(room(), table_);
    if (!choice) return;
    const double gain = cycles_apart(list, members) - choice->cycles;
    if (gain > 0)
      candidates.push_back(
          {.members = members, .run = *std::move(run), .choice = *std::move(choice), .gain = gain});
  }

  /// Cycles of the members one after another, each with tiles of its own. What one piece makes
  /// stays near for the next (`keep_near`).
  double cycles_apart(const std::vector<FusedRun::Member>& list,
                      const std::vector<size_t>& members) {
    double cycles = 0;
    for (size_t i = 0; i < members.size(); ++i) {
      const Apart& apart = apart_of(members[i]);
      cycles += apart.cycles;
      if (i > 0 && apart.is_whole && apart_of(members[i - 1]).is_whole)
        cycles -= handed_on(members[i - 1]) * (list[i - 1].is_dead ? 2 : 1);
    }
    return cycles;
  }

  std::shared_ptr<const NearOperands> near_of(size_t at) {
    std::shared_ptr<const NearOperands>& near = near_[at];
    if (!near) near = std::make_shared<const NearOperands>(schedule_, chip_, roots_, launch(at));
    return near;
  }

  struct Apart {
    double cycles = 0;
    bool is_whole = false;
  };

  const Apart& apart_of(size_t at) {
    const auto [found, is_new] = apart_.try_emplace(at);
    if (!is_new) return found->second;
    if (const auto choice = choose_tiles(*near_of(at), chip_, room(), table_))
      found->second = {.cycles = choice->cycles, .is_whole = choice->is_whole()};
    else
      found->second = {.cycles = table_.cycles(work_of(schedule_, chip_, launch(at)), chip_)};
    return found->second;
  }

  /// Cycles to move what a launch makes.
  [[nodiscard]] double handed_on(size_t at) const {
    const View& made = launch(at).outputs.front();
    const Bytes bytes = {ir::element_count(made.extent) * ir::kElementBytes};
    return static_cast<double>(bytes.count) / static_cast<double>(chip_.scratchpad->bandwidth);
  }

  Schedule& schedule_;
  const chip::Chip& chip_;
  const CycleTable& table_;
  const IdVector<BufferId, BufferId>& roots_;
  EntryPoint& entry_;
  std::map<size_t, std::shared_ptr<const NearOperands>> near_;
  std::map<size_t, Apart> apart_;
};

}  // namespace

Schedule fuse(Schedule schedule, const chip::Chip& chip, const CycleTable& table) {
  if (!chip.scratchpad) return schedule;
  const IdVector<BufferId, BufferId> roots = alias_roots(schedule.buffers);
  std::vector<EntryPoint> entries = std::move(schedule.entry_points);
  for (EntryPoint& entry : entries) Fuser(schedule, chip, table, roots, entry).run();
  schedule.entry_points = std::move(entries);
  return schedule;
}

}  // namespace tdc::schedule
