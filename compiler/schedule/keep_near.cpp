#include <algorithm>
#include <map>
#include <set>

#include "schedule/aliases.h"
#include "schedule/loops.h"
#include "schedule/overlap.h"
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
    size_t last_launch = 0;   // that one, or the first step of its loop
    for (size_t at = 0; at < entry_.steps.size(); ++at) {
      if (std::holds_alternative<Launch>(entry_.steps[at])) {
        if (at == 0 || !are_in_one_loop(at, last_launch)) last_launch = at;
        after_launch = at + 1;
      }
      if (is_single(at, /*is_inward=*/true)) {
        for (size_t out = after_launch; out < at && !removed_.contains(at); ++out)
          if (!removed_.contains(out) && is_single(out, /*is_inward=*/false)) join(out, at);
        if (!removed_.contains(at)) take_again(at, last_launch);
      }
      if (!removed_.contains(at)) follow_copies(at);
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

  [[nodiscard]] bool are_in_one_loop(size_t a, size_t b) const {
    const std::optional<LoopTurn> turn = loop_turn(entry_.steps[a]);
    const std::optional<LoopTurn> other = loop_turn(entry_.steps[b]);
    return turn && other && turn->loop == other->loop;
  }

  /// What a view near is a copy of.
  struct Known {
    View near, far;
  };

  /// Lets the launch behind `in` take what `out` takes away where it lies, if that fits.
  void join(size_t out, size_t in) {
    const Copy& away = std::get<Copy>(entry_.steps[out]);
    join({.near = away.from, .far = away.to}, launch_of_transfer(entry_, out, false), in);
  }

  /// Lets it take what the last launch, in all turns of its loop, has had near.
  void take_again(size_t in, size_t last_launch) {
    for (const Known& known : known_) {
      if (removed_.contains(in)) return;
      const BufferId near = known.near.buffer;
      if (uses_.at(near).last < last_launch || uses_.at(near).last > in) continue;
      join(known, last_launch, in);
    }
  }

  /// Lets the launch behind `in` take what is known where it lies, if that fits then and while
  /// `launch` runs.
  void join(const Known& known, size_t launch, size_t in) {
    const Copy& back = std::get<Copy>(entry_.steps[in]);
    const BufferId from = known.near.buffer, to = back.to.buffer;
    // Nothing else is put into either of them between the transfers.
    if (uses_.at(from).last > in || uses_.at(to).first != in ||
        !is_same_memory(known.far, back.from, roots_) || known.near.offset != back.to.offset ||
        known.near.stride != back.to.stride)
      return;
    const int64_t elements = std::max(elements_of(from), elements_of(to));
    for (const size_t each : {launch, launch_of_transfer(entry_, in, true)})
      if (bytes_near(each, from, to, elements) > chip_.levels[chip_.scratchpad->level].room().count)
        return;
    schedule_.buffers[from].type.dims = {elements};
    remove(in);
    const size_t last = uses_.at(to).last;
    for (size_t at = in; at <= last; ++at) rename(entry_.steps[at], to, from);
    uses_.at(from).last = last;
  }

  /// Keeps what is known of the scratchpad up to date.
  void follow_copies(size_t at) {
    visit_views(entry_.steps[at], [&](const View& view, bool is_written) {
      if (!is_written) return;
      std::erase_if(known_, [&](const Known& known) {
        return known.near.buffer == view.buffer ||
               (roots_[known.far.buffer] == roots_[view.buffer] && may_overlap(known.far, view));
      });
    });
    for (const bool is_inward : {false, true})
      if (is_single(at, is_inward)) {
        const Copy& copy = std::get<Copy>(entry_.steps[at]);
        known_.push_back(
            {.near = is_inward ? copy.to : copy.from, .far = is_inward ? copy.from : copy.to});
      }
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
  std::vector<Known> known_;
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
