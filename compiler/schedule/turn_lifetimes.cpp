#include "schedule/turn_lifetimes.h"

#include <algorithm>
#include <map>

#include "schedule/relocate.h"
#include "schedule/uses.h"

namespace tdc::schedule {
namespace {

/// Bytes [begin, end) of a buffer.
struct Run {
  int64_t begin, end;
};

/// A set of bytes: disjoint runs by their ends.
class Covered {
 public:
  void add(Run run) {
    auto at = runs_.lower_bound(run.begin);
    while (at != runs_.end() && at->second <= run.end) {
      run = {std::min(run.begin, at->second), std::max(run.end, at->first)};
      at = runs_.erase(at);
    }
    runs_[run.end] = run.begin;
  }
  [[nodiscard]] bool has(Run run) const {
    const auto at = runs_.lower_bound(run.end);
    return at != runs_.end() && at->second <= run.begin;
  }

 private:
  std::map<int64_t, int64_t> runs_;  // from end to begin
};

/// Calls `visit` with the runs of a view.
template <typename Visit>
void for_each_run(const View& view, int64_t element_bytes, Visit visit) {
  if (std::ranges::count(view.extent, 0) > 0) return;
  const auto [outer, length] = runs_of(view);
  std::vector<int64_t> index(outer, 0);
  while (true) {
    int64_t begin = view.offset;
    for (size_t axis = 0; axis < outer; ++axis) begin += index[axis] * view.stride[axis];
    visit(Run{begin * element_bytes, (begin + length) * element_bytes});
    size_t axis = outer;
    while (axis > 0 && ++index[axis - 1] == view.extent[axis - 1]) index[--axis] = 0;
    if (axis == 0) return;
  }
}

/// One turn, step by step.
class TurnReplay {
 public:
  TurnReplay(const Schedule& schedule, const IdVector<BufferId, BufferId>& roots,
             std::map<BufferId, bool>& is_fresh)
      : schedule_(schedule), roots_(roots), is_fresh_(is_fresh) {}

  void run(const Step& step) {
    if (const auto* copy = std::get_if<Copy>(&step)) {
      read(copy->from);
      write(copy->to);
    } else if (const auto* wait = std::get_if<Wait>(&step)) {
      under_way_.erase(wait->ticket);
    } else if (const auto* launch = std::get_if<Launch>(&step)) {
      for (const std::optional<View>& input : launch->inputs)
        if (input) read(*input);
      for (const View& output : launch->outputs) write(output);
    }
    if (const auto ticket = started_ticket(step)) under_way_[*ticket] = &step;
  }

  /// What nobody has waited for by now is for turns to come.
  void end() {
    for (const auto& [ticket, step] : under_way_)
      visit_views(*step, [&](const View& view, bool) { is_fresh_[roots_[view.buffer]] = false; });
  }

 private:
  [[nodiscard]] int64_t element_bytes(const View& view) const {
    return ir::byte_size(schedule_.buffers[view.buffer].type.dtype).count;
  }

  void read(const View& view) {
    bool& is_fresh = is_fresh_.try_emplace(roots_[view.buffer], true).first->second;
    if (!is_fresh) return;
    const Covered& covered = covered_[roots_[view.buffer]];
    for_each_run(view, element_bytes(view),
                 [&](Run run) { is_fresh = is_fresh && covered.has(run); });
  }

  void write(const View& view) {
    if (!is_fresh_.try_emplace(roots_[view.buffer], true).first->second) return;
    Covered& covered = covered_[roots_[view.buffer]];
    for_each_run(view, element_bytes(view), [&](Run run) { covered.add(run); });
  }

  const Schedule& schedule_;
  const IdVector<BufferId, BufferId>& roots_;
  std::map<BufferId, bool>& is_fresh_;
  std::map<BufferId, Covered> covered_;
  std::map<TicketId, const Step*> under_way_;
};

}  // namespace

std::set<BufferId> fresh_in_turns(const Schedule& schedule, const EntryPoint& entry_point,
                                  const Stretch& loop, const IdVector<BufferId, BufferId>& roots) {
  std::map<BufferId, bool> is_fresh;
  for (size_t turn = 0; turn < loop.turns; ++turn) {
    TurnReplay replay(schedule, roots, is_fresh);
    for (size_t place = 0; place < loop.body; ++place)
      if (const auto step = loop.step(turn, place)) replay.run(entry_point.steps[*step]);
    replay.end();
  }
  std::set<BufferId> result;
  for (const auto& [root, fresh] : is_fresh)
    if (fresh) result.insert(root);
  return result;
}

}  // namespace tdc::schedule
