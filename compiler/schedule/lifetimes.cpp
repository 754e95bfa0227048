#include "schedule/lifetimes.h"

#include <algorithm>
#include <map>

#include "schedule/aliases.h"
#include "schedule/turn_lifetimes.h"
#include "schedule/uses.h"
#include "support/check.h"

namespace tdc::schedule {
namespace {

class Finder {
 public:
  explicit Finder(const Schedule& schedule)
      : schedule_(schedule), roots_(alias_roots(schedule.buffers)) {
    for (const BufferId buffer : schedule.buffers.ids()) {
      const BufferId root = roots_[buffer];
      TDC_CHECK(ir::byte_size(schedule.buffers[buffer].type) <=
                    ir::byte_size(schedule.buffers[root].type),
                "`{}` is larger than `{}`, whose memory it uses", schedule.buffers[buffer].name,
                schedule.buffers[root].name);
      TDC_CHECK(schedule.buffers[buffer].level == schedule.buffers[root].level,
                "`{}` is not in the level of `{}`, whose memory it uses",
                schedule.buffers[buffer].name, schedule.buffers[root].name);
    }
    uses_.resize(schedule.buffers.size());
  }

  Lifetimes find() {
    for (const EntryPoint& entry : schedule_.entry_points) {
      const Tick begin = now();
      walk(entry);
      widen(entry, begin);
      result_.entry_points.push_back({begin, now()});
    }
    for (const BufferId id : schedule_.buffers.ids()) {
      const Buffer& buffer = schedule_.buffers[id];
      if (roots_[id] != id) continue;
      Lifetime lifetime = {.buffer = id, .size = ir::byte_size(buffer.type)};
      if (buffer.kind == BufferKind::variable) {
        lifetime.is_variable = true;
        lifetime.last = std::max<Tick>(0, now() - 1);
      } else if (buffer.kind == BufferKind::temporary && uses_[id].is_used) {
        lifetime.first = uses_[id].first;
        lifetime.last = uses_[id].last;
      } else {
        continue;
      }
      result_.lifetimes.push_back(lifetime);
    }
    return std::move(result_);
  }

 private:
  /// What is known of one root, over the entry points so far.
  struct Uses {
    bool is_used = false;
    Tick first = 0, last = 0;
    int64_t count = 0;  ///< in the entry point being walked
  };

  [[nodiscard]] Tick now() const { return static_cast<Tick>(result_.steps.size()); }

  void use(BufferId buffer) {
    Uses& uses = uses_[roots_[buffer]];
    uses.first = uses.is_used ? std::min(uses.first, tick_) : tick_;
    uses.last = uses.is_used ? std::max(uses.last, tick_) : tick_;
    uses.is_used = true;
    ++uses.count;
  }

  template <typename Visit>
  void for_each_use(const EntryPoint& entry, size_t at, const Visit& visit) {
    const Step& step = entry.steps[at];
    visit_views(step, [&](const View& view, bool) { visit(view.buffer); });
    if (!std::holds_alternative<Wait>(step)) return;
    if (const Step* started = awaited(entry, at))
      visit_views(*started, [&](const View& view, bool) { visit(view.buffer); });
  }

  void walk(const EntryPoint& entry) {
    for (Uses& uses : uses_) uses.count = 0;
    const std::vector<int64_t> ticks = step_numbers(entry, now());
    for (size_t i = 0; i < entry.steps.size(); ++i) {
      tick_ = ticks[i];
      const auto tick = static_cast<size_t>(tick_);
      if (tick >= result_.steps.size()) result_.steps.resize(tick + 1, nullptr);
      if (result_.steps[tick] == nullptr) result_.steps[tick] = &entry.steps[i];
      for_each_use(entry, i, [&](BufferId buffer) { use(buffer); });
    }
  }

  /// What a loop shares with other steps or keeps from turn to turn lives for the whole loop.
  void widen(const EntryPoint& entry, Tick begin) {
    for (const Stretch& loop : stretches(entry, begin)) {
      if (loop.turns == 1) continue;
      const std::set<BufferId> fresh = fresh_in_turns(schedule_, entry, loop, roots_);
      std::map<BufferId, int64_t> counts;
      for (size_t i = loop.first; i < loop.end; ++i)
        for_each_use(entry, i, [&](BufferId buffer) { ++counts[roots_[buffer]]; });
      for (const auto& [root, count] : counts) {
        Uses& uses = uses_[root];
        if (count == uses.count && fresh.contains(root)) continue;
        uses.first = std::min(uses.first, loop.number);
        uses.last = std::max(uses.last, loop.number + static_cast<Tick>(loop.body) - 1);
      }
    }
  }

  const Schedule& schedule_;
  Lifetimes result_;
  Tick tick_ = 0;  // of the step being walked
  IdVector<BufferId, BufferId> roots_;
  IdVector<BufferId, Uses> uses_;
};

}  // namespace

Lifetimes find_lifetimes(const Schedule& schedule) {
  return Finder(schedule).find();
}

}  // namespace tdc::schedule
