#include <algorithm>
#include <map>
#include <set>

#include "schedule/aliases.h"
#include "schedule/loops.h"
#include "schedule/passes.h"
#include "schedule/transfers.h"
#include "schedule/uses.h"

namespace tdc::schedule {
namespace {

/// Joins the transfers of one entry point.
class Keeper {
 public:
  Keeper(Schedule& schedule, const chip::Chip& chip, const IdVector<BufferId, BufferId>& roots,
         EntryPoint& entry)
      : schedule_(schedule), chip_(chip), roots_(roots), entry_(entry) {
    for (size_t at = 0; at < entry.steps.size(); ++at)
      visit_views(entry.steps[at], [&](const View& view, bool) {
        uses_.try_emplace(view.buffer, Uses{.first = at}).first->second.last = at;
      });
  }

  void join() {
    size_t after_launch = 0;  // behind the last launch
    for (size_t at = 0; at < entry_.steps.size(); ++at) {
      if (std::holds_alternative<Launch>(entry_.steps[at])) after_launch = at + 1;
      if (!is_single(at, /*is_inward=*/true)) continue;
      for (size_t out = after_launch; out < at; ++out)
        if (!removed_.contains(out) && is_single(out, /*is_inward=*/false) && join(out, at)) break;
    }
  }

  /// Removes transfers to temporaries that nobody reads, and all that was joined.
  void remove_unread() {
    std::set<BufferId> read;  // or written by something else
    for (size_t at = 0; at < entry_.steps.size(); ++at) {
      if (removed_.contains(at)) continue;
      const bool is_out = is_single(at, /*is_inward=*/false);
      visit_views(entry_.steps[at], [&](const View& view, bool is_written) {
        if (!is_out || !is_written) read.insert(roots_[view.buffer]);
      });
    }
    for (size_t at = 0; at < entry_.steps.size(); ++at) {
      if (removed_.contains(at) || !is_single(at, /*is_inward=*/false)) continue;
      const BufferId root = roots_[std::get<Copy>(entry_.steps[at]).to.buffer];
      if (schedule_.buffers[root].kind == BufferKind::temporary && !read.contains(root)) remove(at);
    }
    std::vector<Step> kept;
    for (size_t at = 0; at < entry_.steps.size(); ++at)
      if (!removed_.contains(at)) kept.push_back(std::move(entry_.steps[at]));
    entry_.steps = std::move(kept);
  }

 private:
  [[nodiscard]] bool is_single(size_t at, bool is_inward) const {
    return is_single_transfer(schedule_, chip_, entry_, at, is_inward);
  }

  /// Lets the launch behind `in` take what `out` takes away where it lies, if that fits.
  bool join(size_t out, size_t in) {
    const Copy& away = std::get<Copy>(entry_.steps[out]);
    const Copy& back = std::get<Copy>(entry_.steps[in]);
    const BufferId from = away.from.buffer, to = back.to.buffer;
    // Nothing else is put into either of them between the transfers.
    if (uses_.at(from).last > in || uses_.at(to).first != in ||
        !is_same_memory(away.to, back.from, roots_) || away.from.offset != back.to.offset ||
        away.from.stride != back.to.stride)
      return false;
    const int64_t elements = std::max(elements_of(from), elements_of(to));
    for (const size_t launch :
         {launch_of_transfer(entry_, out, false), launch_of_transfer(entry_, in, true)})
      if (bytes_near(launch, from, to, elements) >
          chip_.levels[chip_.scratchpad->level].room().count)
        return false;
    schedule_.buffers[from].type.dims = {elements};
    remove(in);
    const size_t last = uses_.at(to).last;
    for (size_t at = in; at <= last; ++at) rename(entry_.steps[at], to, from);
    uses_.at(from).last = last;
    return true;
  }

  [[nodiscard]] int64_t elements_of(BufferId buffer) const {
    return ir::element_count(schedule_.buffers[buffer].type);
  }

  /// Bytes of the scratchpad while a launch runs, in all turns of its loop, if `kept` takes the
  /// place of `replaced` and has `elements`.
  [[nodiscard]] int64_t bytes_near(size_t launch, BufferId kept, BufferId replaced,
                                   int64_t elements) const {
    std::set<BufferId> buffers = {kept};
    const std::optional<LoopTurn> turn = loop_turn(entry_.steps[launch]);
    for (size_t at = launch; at < entry_.steps.size(); ++at) {
      const std::optional<LoopTurn> other = loop_turn(entry_.steps[at]);
      if (at > launch && (!turn || !other || other->loop != turn->loop)) break;
      visit_views(entry_.steps[at], [&](const View& view, bool) {
        if (is_near(schedule_, chip_, view.buffer) && view.buffer != replaced)
          buffers.insert(view.buffer);
      });
    }
    int64_t bytes = 0;
    for (const BufferId buffer : buffers)
      bytes += align_up({(buffer == kept ? elements : elements_of(buffer)) * ir::kElementBytes},
                        kAlignment)
                   .count;
    return bytes;
  }

  void remove(size_t copy) {
    removed_.insert(copy);
    removed_.insert(*wait_before_launch(entry_, copy));
  }

  static void rename(Step& step, BufferId from, BufferId to) {
    const auto change = [&](View& view) {
      if (view.buffer == from) view.buffer = to;
    };
    if (auto* launch = std::get_if<Launch>(&step)) {
      for (std::optional<View>& input : launch->inputs)
        if (input) change(*input);
      for (View& output : launch->outputs) change(output);
    } else if (auto* copy = std::get_if<Copy>(&step)) {
      change(copy->from);
      change(copy->to);
    }
  }

  Schedule& schedule_;
  const chip::Chip& chip_;
  const IdVector<BufferId, BufferId>& roots_;
  EntryPoint& entry_;
  struct Uses {
    size_t first = 0, last = 0;  ///< steps
  };
  std::map<BufferId, Uses> uses_;
  std::set<size_t> removed_;
};

}  // namespace

Schedule keep_near(Schedule schedule, const chip::Chip& chip) {
  if (!chip.scratchpad) return schedule;
  const IdVector<BufferId, BufferId> roots = alias_roots(schedule.buffers);
  for (EntryPoint& entry : schedule.entry_points) {
    Keeper keeper(schedule, chip, roots, entry);
    keeper.join();
    keeper.remove_unread();
  }
  return schedule;
}

}  // namespace tdc::schedule
