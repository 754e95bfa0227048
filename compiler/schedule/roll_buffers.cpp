#include "schedule/roll_buffers.h"

#include <algorithm>
#include <map>
#include <set>

#include "schedule/aliases.h"
#include "schedule/dependences.h"
#include "schedule/loops.h"
#include "support/check.h"

namespace tdc::schedule {
namespace {

/// The steps between which a temporary's memory is needed.
struct Use {
  size_t first = 0, last = 0;
};

class Joiner {
 public:
  Joiner(Schedule& schedule, EntryPoint& entry_point)
      : schedule_(schedule), entry_(entry_point), roots_(alias_roots(schedule.buffers)) {}

  void run() {
    for (size_t at = 0; at < entry_.steps.size(); ++at)
      for (const Touch& touch : touches(roots_, entry_.steps[at]))
        if (schedule_.buffers[touch.root].kind == BufferKind::temporary)
          uses_.try_emplace(touch.root, Use{at, at}).first->second.last = at;
    for (const Stretch& stretch : stretches(entry_))
      if (stretch.turns > 1) link_turns(stretch);
    leave_out_misfits();
    for (const auto& [root, next] : next_)
      if (!previous_.contains(root)) join(row_from(root));
    for (Step& step : entry_.steps) move(step);
  }

 private:
  struct Part {
    BufferId buffer;
    int64_t offset = 0;  ///< in elements
  };

  // ---- rows: what takes whose place in the next turn of the repeat -----------------------------

  void link_turns(const Stretch& stretch) {
    const bool runs_down = schedule_.loops[*stretch.loop].runs_down;
    for (size_t i = 0; i + stretch.body < stretch.steps.size(); ++i) {
      const std::optional<size_t> at = stretch.steps[i], next = stretch.steps[i + stretch.body];
      if (!at || !next) continue;
      const std::vector<Touch> now = touches(roots_, entry_.steps[*at]);
      const std::vector<Touch> later = touches(roots_, entry_.steps[*next]);
      if (now.size() != later.size()) continue;  // an optional operand is absent in one turn
      for (size_t touch = 0; touch < now.size(); ++touch)
        if (runs_down)
          link(later[touch].root, now[touch].root);
        else
          link(now[touch].root, later[touch].root);
    }
  }

  void link(BufferId now, BufferId later) {
    if (!uses_.contains(now) || !uses_.contains(later)) return;
    const auto next = next_.try_emplace(now, later).first;
    const auto previous = previous_.try_emplace(later, now).first;
    if (next->second != later) misfits_.insert(now);
    if (previous->second != now) misfits_.insert(later);
  }

  /// What has several places in a turn, or stays where it is in some, is in no row. Nor is memory
  /// that holds several types in turn: a part of a buffer has one.
  void leave_out_misfits() {
    for (const BufferId id : schedule_.buffers.ids()) {
      const BufferId root = roots_[id];
      if (schedule_.buffers[id].type.dtype != schedule_.buffers[root].type.dtype)
        misfits_.insert(root);
    }
    std::erase_if(next_, [&](const auto& link) {
      const Buffer& a = schedule_.buffers[link.first];
      const Buffer& b = schedule_.buffers[link.second];
      const bool is_one = link.first != link.second && previous_.at(link.second) == link.first &&
                          !misfits_.contains(link.first) && !misfits_.contains(link.second) &&
                          ir::element_count(a.type) == ir::element_count(b.type) &&
                          a.type.dtype == b.type.dtype && a.level == b.level;
      return !is_one;
    });
    previous_.clear();
    for (const auto& [now, later] : next_) previous_.emplace(later, now);
  }

  [[nodiscard]] std::vector<BufferId> row_from(BufferId first) const {
    std::vector<BufferId> row = {first};
    for (auto next = next_.find(first); next != next_.end(); next = next_.find(next->second))
      row.push_back(next->second);
    return row;
  }

  // ---- joining ---------------------------------------------------------------------------------

  /// The fewest parts that hold the row, one or two in turn or one for each.
  [[nodiscard]] size_t parts_for(const std::vector<BufferId>& row) const {
    for (size_t parts = 1; parts <= 2; ++parts)
      if (can_take_turns(row, parts)) return parts;
    return row.size();
  }

  [[nodiscard]] bool can_take_turns(const std::vector<BufferId>& row, size_t parts) const {
    std::vector<std::vector<Use>> uses(parts);
    for (size_t i = 0; i < row.size(); ++i) uses[i % parts].push_back(uses_.at(row[i]));
    return std::ranges::all_of(uses, [](std::vector<Use>& part) {
      std::ranges::sort(part, {}, &Use::first);
      for (size_t i = 1; i < part.size(); ++i)
        if (part[i].first <= part[i - 1].last) return false;
      return true;
    });
  }

  void join(const std::vector<BufferId>& row) {
    const size_t parts = parts_for(row);
    const Buffer& model = schedule_.buffers[row.front()];
    const int64_t elements = ir::element_count(model.type);
    Buffer joined = model;
    joined.type.dims = {static_cast<int64_t>(parts) * elements};
    if (parts == 1) joined.type.dims = model.type.dims;
    const BufferId buffer = schedule_.buffers.push_back(std::move(joined));
    for (size_t i = 0; i < row.size(); ++i)
      parts_.emplace(row[i], Part{buffer, static_cast<int64_t>(i % parts) * elements});
  }

  [[nodiscard]] const Part* part_of(BufferId buffer) const {
    const auto found = parts_.find(roots_[buffer]);
    return found == parts_.end() ? nullptr : &found->second;
  }

  void move(View& view) const {
    const Part* part = part_of(view.buffer);
    if (part == nullptr) return;
    view.buffer = part->buffer;
    view.offset += part->offset;
  }

  void move(Step& step) const {
    if (auto* copy = std::get_if<Copy>(&step)) {
      move(copy->from);
      move(copy->to);
    }
    auto* launch = std::get_if<Launch>(&step);
    if (launch == nullptr) return;
    for (std::optional<View>& input : launch->inputs)
      if (input) move(*input);
    for (View& output : launch->outputs) move(output);
  }

  Schedule& schedule_;
  EntryPoint& entry_;
  Roots roots_;                   // of the buffers before any were joined
  std::map<BufferId, Use> uses_;  // of temporaries whose memory is their own
  std::map<BufferId, BufferId> next_, previous_;
  std::set<BufferId> misfits_;
  std::map<BufferId, Part> parts_;
};

/// Calls `visit` with each mention of a buffer by steps and arguments.
template <typename Visit>
void for_each_buffer(Schedule& schedule, const Visit& visit) {
  for (EntryPoint& entry_point : schedule.entry_points) {
    for (Argument& argument : entry_point.arguments) visit(argument.buffer);
    for (Step& step : entry_point.steps) {
      if (auto* copy = std::get_if<Copy>(&step)) {
        visit(copy->from.buffer);
        visit(copy->to.buffer);
      }
      auto* launch = std::get_if<Launch>(&step);
      if (launch == nullptr) continue;
      for (std::optional<View>& input : launch->inputs)
        if (input) visit(input->buffer);
      for (View& output : launch->outputs) visit(output.buffer);
    }
  }
}

}  // namespace

void join_buffers(Schedule& schedule, EntryPoint& entry_point) {
  Joiner(schedule, entry_point).run();
}

void remove_unused_temporaries(Schedule& schedule) {
  IdVector<BufferId, char> is_used;
  is_used.resize(schedule.buffers.size(), 0);
  const auto use = [&](BufferId buffer) {
    while (is_used[buffer] == 0) {
      is_used[buffer] = 1;
      if (schedule.buffers[buffer].alias) buffer = schedule.buffers[buffer].alias->of;
    }
  };
  for (const BufferId id : schedule.buffers.ids())
    if (schedule.buffers[id].kind != BufferKind::temporary) use(id);
  for_each_buffer(schedule, use);

  IdVector<BufferId, BufferId> new_ids;
  new_ids.resize(schedule.buffers.size());
  IdVector<BufferId, Buffer> kept;
  for (const BufferId id : schedule.buffers.ids())
    if (is_used[id] != 0) new_ids[id] = kept.push_back(std::move(schedule.buffers[id]));
  schedule.buffers = std::move(kept);
  for (Buffer& buffer : schedule.buffers)
    if (buffer.alias) buffer.alias->of = new_ids[buffer.alias->of];
  for_each_buffer(schedule, [&](BufferId& buffer) { buffer = new_ids[buffer]; });
}

}  // namespace tdc::schedule
