#include "schedule/group.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>

#include "ops/op.h"
#include "ops/registry.h"
#include "schedule/aliases.h"
#include "schedule/cut_axes.h"
#include "schedule/kernel_call.h"
#include "schedule/lifetimes.h"
#include "schedule/passes.h"
#include "schedule/uses.h"
#include "support/check.h"

namespace tdc::schedule {
namespace {

using ops::Box;
using ops::Range;
using ops::Region;
using ops::Space;

/// The longest run of launches that is looked at.
constexpr size_t kMostLaunches = 6;

/// The most strips of a run: more cost more launches than memory.
constexpr int64_t kMostStrips = 64;

/// The steps that use each buffer's memory, by the root of its aliases.
class MemoryUsers {
 public:
  MemoryUsers(const Schedule& schedule, const EntryPoint& entry)
      : roots_(alias_roots(schedule.buffers)) {
    for (size_t at = 0; at < entry.steps.size(); ++at)
      visit_views(entry.steps[at], [&](const View& view, bool) { add(view.buffer, at); });
  }

  /// The buffer in whose memory `buffer` is.
  [[nodiscard]] BufferId root(BufferId buffer) const { return roots_[buffer]; }

  [[nodiscard]] Range steps_of(BufferId buffer) const { return steps_.at(roots_[buffer]); }

 private:
  void add(BufferId buffer, size_t at) {
    const auto index = static_cast<int64_t>(at);
    Range& range = steps_.try_emplace(roots_[buffer], Range{index, index + 1}).first->second;
    range.end = index + 1;
  }

  IdVector<BufferId, BufferId> roots_;
  std::map<BufferId, Range> steps_;
};

/// What one launch of a run hands to the next.
struct Link {
  BufferId buffer;
  BufferId root;         ///< in whose memory it is
  size_t operand = 0;    ///< of the next launch
  size_t dimension = 0;  ///< that is cut
};

/// A run of launches, and how a cut of the last one goes through to the first.
struct Run {
  std::vector<const Launch*> launches;
  std::vector<Space> spaces;
  std::vector<size_t> axes;  ///< that is cut, of each launch
  std::vector<Link> links;   ///< one fewer than launches
};

/// The operand of `next` that is all that `launch` writes, as it lies in its buffer.
std::optional<Link> link_between(const Schedule& schedule, const Launch& launch,
                                 const Launch& next) {
  if (launch.outputs.size() != 1) return std::nullopt;
  const BufferId buffer = launch.outputs[0].buffer;
  if (schedule.buffers[buffer].kind != BufferKind::temporary) return std::nullopt;
  const View expected = whole(buffer, launch.call.output(0).dims);
  if (launch.outputs[0] != expected || expected.extent != schedule.buffers[buffer].type.dims)
    return std::nullopt;
  std::optional<Link> link;
  for (size_t i = 0; i < next.inputs.size(); ++i) {
    if (!next.inputs[i] || next.inputs[i]->buffer != buffer) continue;
    if (link || *next.inputs[i] != expected) return std::nullopt;
    link = Link{.buffer = buffer, .root = {}, .operand = i};
  }
  return link;
}

/// Whether a launch of the run writes over what any of them reads beside the links. Whole launches
/// may, each after its last reader; a later strip would find its operand overwritten. Elements that
/// a launch itself updates where they stand are no harm.
bool overwrites_operands(const Run& run, const MemoryUsers& users) {
  for (size_t writer = 0; writer < run.launches.size(); ++writer)
    for (size_t o = 0; o < run.launches[writer]->outputs.size(); ++o)
      for (size_t reader = 0; reader < run.launches.size(); ++reader)
        for (size_t i = 0; i < run.launches[reader]->inputs.size(); ++i) {
          const std::optional<View>& input = run.launches[reader]->inputs[i];
          const bool is_link = reader > 0 && run.links[reader - 1].operand == i;
          if (!input || is_link ||
              users.root(input->buffer) != users.root(run.launches[writer]->outputs[o].buffer))
            continue;
          const bool is_update = reader == writer && are_alike(run.spaces[reader].inputs[i].value(),
                                                               run.spaces[writer].outputs[o]);
          if (!is_update) return true;
        }
  return false;
}

/// The run from `first` to `last`, without axes; nullopt if the steps do not hand one tensor on, or
/// if anybody else uses the memory of what they hand on.
std::optional<Run> find_run(const Schedule& schedule, const EntryPoint& entry,
                            const MemoryUsers& users, size_t first, size_t last) {
  Run run;
  for (size_t at = first; at <= last; ++at) {
    const auto* launch = std::get_if<Launch>(&entry.steps[at]);
    if (launch == nullptr) return std::nullopt;
    run.launches.push_back(launch);
    run.spaces.push_back(launch->op->space(launch->call));
    if (!ops::is_whole(run.spaces.back(), launch->box)) return std::nullopt;
    if (at == first) continue;
    auto link = link_between(schedule, *run.launches[run.launches.size() - 2], *launch);
    if (!link) return std::nullopt;
    const Range steps = users.steps_of(link->buffer);
    if (steps.begin < static_cast<int64_t>(first) || steps.end > static_cast<int64_t>(last) + 1)
      return std::nullopt;
    link->root = users.root(link->buffer);
    run.links.push_back(*link);
  }
  // The result is not in the memory of what is handed on.
  for (const View& output : run.launches.back()->outputs)
    for (const Link& link : run.links)
      if (users.root(output.buffer) == link.root) return std::nullopt;
  if (overwrites_operands(run, users)) return std::nullopt;
  return run;
}

/// Follows the cut along `axis` of the last launch; false if it does not reach the first.
bool follow_axis(size_t axis, Run& run) {
  run.axes.assign(run.launches.size(), axis);
  for (size_t i = run.links.size(); i-- > 0;) {
    Link& link = run.links[i];
    const auto& access = run.spaces[i + 1].inputs.at(link.operand);
    if (!access || access->is_indexed) return false;
    const auto dimension = dimension_along(*access, run.axes[i + 1]);
    if (!dimension) return false;
    link.dimension = *dimension;
    const auto producer_axis = axis_of_dimension(run.spaces[i], *dimension);
    if (!producer_axis) return false;
    run.axes[i] = *producer_axis;
  }
  // Links in one memory lie alike in it, row for row.
  for (size_t i = 1; i < run.links.size(); ++i) {
    const Link& a = run.links[i - 1];
    const Link& b = run.links[i];
    if (a.root != b.root) continue;
    const ops::Access& access = run.spaces[i].inputs.at(a.operand).value();
    if (a.dimension != b.dimension || !are_alike(access, run.spaces[i].outputs[0])) return false;
  }
  return true;
}

/// Which indices of a link's dimension its buffer holds, strip by strip.
struct Held {
  std::vector<Range> rows;  ///< of each strip
  int64_t computed = 0;     ///< indices before it have been computed
};

/// What takes the place of a run: steps, and the shapes of the buffers that they need smaller.
struct Strips {
  std::vector<Step> steps;
  std::map<BufferId, ir::Dims> dims;
};

class StripMaker {
 public:
  StripMaker(const Run& run, int64_t length)
      : run_(run), length_(length), held_(run.links.size()) {}

  Strips make() {
    const int64_t extent = run_.spaces.back().axes[run_.axes.back()].extent;
    for (int64_t begin = 0; begin < extent; begin += length_)
      add_strip({begin, std::min(begin + length_, extent)}, begin + length_ >= extent);
    shrink_buffers();
    for (size_t strip = 0; strip < boxes_.size(); ++strip) write_strip(strip, strips_.steps);
    return std::move(strips_);
  }

 private:
  /// Finds the boxes of all launches for the strip `part` of the last one.
  void add_strip(Range part, bool is_last) {
    std::vector<std::optional<Box>> boxes(run_.launches.size());
    for (size_t i = run_.launches.size(); i-- > 0;) {
      if (part.extent() > 0) {
        boxes[i] = run_.launches[i]->box;
        (*boxes[i])[run_.axes[i]] = part;
      }
      if (i == 0) break;
      const Link& link = run_.links[i - 1];
      Held& held = held_[i - 1];
      if (!boxes[i] && !is_last) {  // nothing is computed, so nothing is needed
        held.rows.push_back(held.rows.empty() ? Range{} : held.rows.back());
        part = {};
        continue;
      }
      // Together the strips of what is handed on are all of it, also where nobody needs it.
      Range needed = {held.computed, held.computed};
      if (boxes[i])
        needed =
            ops::region(run_.spaces[i].inputs[link.operand].value(), *boxes[i])[link.dimension];
      if (is_last) needed.end = run_.launches[i - 1]->call.output(0).dims[link.dimension];
      needed.end = std::max(needed.end, held.computed);
      needed.begin = std::min(needed.begin, held.computed);
      held.rows.push_back(needed);
      part = {held.computed, needed.end};
      held.computed = needed.end;
    }
    boxes_.push_back(std::move(boxes));
  }

  /// Links in one memory have one buffer: that of the last of them, which holds what is kept.
  [[nodiscard]] size_t holder(size_t link) const {
    size_t last = link;
    for (size_t i = link + 1; i < run_.links.size(); ++i)
      if (run_.links[i].root == run_.links[link].root) last = i;
    return last;
  }

  void shrink_buffers() {
    for (size_t i = 0; i < run_.links.size(); ++i) {
      std::vector<Range>& held = held_[holder(i)].rows;
      const Link& link = run_.links[i];
      ir::Dims& dims = strips_.dims[link.buffer] = run_.launches[i]->call.output(0).dims;
      int64_t& extent = dims[link.dimension];
      int64_t rows = 1;
      for (const Range& range : held) rows = std::max(rows, range.extent());
      if (rows == extent) held.assign(held.size(), {0, extent});  // nothing has to move
      extent = rows;
    }
  }

  /// The rows `range` of a link's tensor in its buffer at `strip`.
  [[nodiscard]] View view_of_rows(size_t link, size_t strip, Range range) const {
    const Link& l = run_.links[link];
    const int64_t origin = held_[holder(link)].rows[strip].begin;
    View view = whole(l.buffer, strips_.dims.at(l.buffer));
    view.offset = (range.begin - origin) * view.stride[l.dimension];
    view.extent[l.dimension] = range.extent();
    return view;
  }

  void write_strip(size_t strip, std::vector<Step>& steps) const {
    for (size_t link = 0; link < run_.links.size(); ++link)
      if (holder(link) == link && strip > 0) keep_rows(link, strip, steps);
    for (size_t i = 0; i < run_.launches.size(); ++i) {
      if (!boxes_[strip][i]) continue;
      Launch piece = piece_of(*run_.launches[i], run_.spaces[i], *boxes_[strip][i]);
      if (i > 0) {
        const Link& link = run_.links[i - 1];
        const Region region = ops::region(run_.spaces[i].inputs[link.operand].value(), piece.box);
        piece.inputs[link.operand] = view_of_rows(i - 1, strip, region[link.dimension]);
        piece.inputs[link.operand]->extent = ops::extents(region);
      }
      if (i < run_.links.size()) piece.outputs[0] = view_of_rows(i, strip, piece.box[run_.axes[i]]);
      steps.emplace_back(std::move(piece));
    }
  }

  /// Moves what the strip needs of earlier ones to the front of the buffer, in copies that do not
  /// overlap.
  void keep_rows(size_t link, size_t strip, std::vector<Step>& steps) const {
    const Range before = held_[link].rows[strip - 1], now = held_[link].rows[strip];
    const int64_t shift = now.begin - before.begin;
    for (int64_t begin = now.begin; shift > 0 && begin < before.end; begin += shift) {
      const Range rows = {begin, std::min(begin + shift, before.end)};
      steps.emplace_back(Copy{.to = view_of_rows(link, strip, rows),
                              .from = view_of_rows(link, strip - 1, rows),
                              .ticket = std::nullopt,
                              .context = {.phase = run_.launches[link]->context.phase,
                                          .origin = run_.launches[link]->context.origin}});
    }
  }

  const Run& run_;
  int64_t length_;
  std::vector<Held> held_;                              // of each link
  std::vector<std::vector<std::optional<Box>>> boxes_;  // of each strip, of each launch
  Strips strips_;
};

/// The runs of an entry point.
class RunFinder {
 public:
  RunFinder(const Schedule& schedule, size_t entry_point)
      : schedule_(schedule),
        entry_point_(entry_point),
        entry_(schedule.entry_points.at(entry_point)),
        users_(schedule, entry_) {}

  /// The run of a choice with its axes; nullopt if there is none.
  [[nodiscard]] std::optional<Run> run_of(const StripChoice& choice) const {
    std::optional<Run> run = find_run(schedule_, entry_, users_, choice.first, choice.last);
    if (!run || !follow_axis(choice.axis, *run)) return std::nullopt;
    // Every piece is a legal box if one is.
    for (size_t i = 0; i < run->launches.size(); ++i) {
      Box box = run->launches[i]->box;
      if (box[run->axes[i]].extent() == 1) return std::nullopt;
      box[run->axes[i]].end -= 1;
      if (ops::cut_problem(run->spaces[i], box)) return std::nullopt;
    }
    return run;
  }

  [[nodiscard]] std::vector<StripChoice> choices_at(size_t step) const {
    std::vector<StripChoice> choices;
    const size_t lowest = step < kMostLaunches ? 0 : step - kMostLaunches + 1;
    for (size_t first = lowest; first <= step; ++first)
      for (size_t last = std::max(first + 1, step);
           last < entry_.steps.size() && last < first + kMostLaunches; ++last)
        add_choices(first, last, choices);
    return choices;
  }

 private:
  void add_choices(size_t first, size_t last, std::vector<StripChoice>& choices) const {
    const std::optional<Run> run = find_run(schedule_, entry_, users_, first, last);
    if (!run) return;
    const Space& space = run->spaces.back();
    for (size_t axis = 0; axis < space.axes.size(); ++axis) {
      StripChoice choice = {entry_point_, first, last, axis, 1};
      if (!run_of(choice)) continue;
      const int64_t extent = space.axes[axis].extent;
      for (int64_t strips = 2; strips < 2 * extent && strips <= kMostStrips; strips *= 2) {
        choice.length = (extent + strips - 1) / strips;
        if (choices.empty() || choices.back() != choice) choices.push_back(choice);
      }
    }
  }

  const Schedule& schedule_;
  size_t entry_point_;
  const EntryPoint& entry_;
  MemoryUsers users_;
};

Strips strips_of(const Schedule& schedule, const RunFinder& finder, const StripChoice& choice) {
  const std::optional<Run> run = finder.run_of(choice);
  TDC_CHECK(run.has_value(), "steps {} to {} of {} cannot be cut", choice.first, choice.last,
            schedule.entry_points.at(choice.entry_point).name);
  return StripMaker(*run, choice.length).make();
}

/// Puts strips in the place of the steps that they stand for. Of several choices of an entry point
/// the last comes first, so that positions before it stay what they are.
void apply(Schedule& schedule, const StripChoice& choice, Strips strips) {
  std::vector<Step>& steps = schedule.entry_points.at(choice.entry_point).steps;
  const auto place = steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(choice.first),
                                 steps.begin() + static_cast<std::ptrdiff_t>(choice.last) + 1);
  steps.insert(place, std::make_move_iterator(strips.steps.begin()),
               std::make_move_iterator(strips.steps.end()));
  for (auto& [buffer, dims] : strips.dims) schedule.buffers[buffer].type.dims = std::move(dims);
}

/// Chooses strips until the peak of a level is at a step where nothing helps. All is counted on the
/// schedule as it is: between the first and the last step of a choice every buffer that is used
/// there lives, the handed-on ones as strips, or not at all where they stay in the scratchpad.
class StripChooser {
 public:
  /// Strips and the ticks `begin` to `end` - 1 of the steps that they stand for.
  struct Window {
    StripChoice choice;
    Strips strips;
    Tick begin = 0, end = 0;
    int64_t bytes = 0;      ///< live while they run
    int64_t arguments = 0;  ///< bytes of their argument structs, which always are
    int64_t gathered = 0;   ///< elements that kernels copy to panels more than once
    bool is_near = false;   ///< what is handed on stays in the scratchpad
  };

  StripChooser(const Schedule& schedule, const chip::Chip& chip, LevelId level)
      : schedule_(schedule),
        level_(level),
        lifetimes_(find_lifetimes(schedule)),
        roots_(alias_roots(schedule.buffers)) {
    if (chip.scratchpad && chip.scratchpad->level != level)
      near_room_ = chip.levels[chip.scratchpad->level].room().count;
    const size_t ticks = lifetimes_.steps.size();
    live_.assign(ticks + 2, 0);
    started_.assign(ticks + 2, 0);
    for (const Lifetime& lifetime : lifetimes_.lifetimes) {
      if (schedule.buffers[lifetime.buffer].level != level) continue;
      live_[static_cast<size_t>(lifetime.first)] += lifetime.size.count;
      live_[static_cast<size_t>(lifetime.last) + 1] -= lifetime.size.count;
      started_[static_cast<size_t>(lifetime.first) + 1] += lifetime.size.count;
    }
    std::partial_sum(live_.begin(), live_.end(), live_.begin());
    std::partial_sum(started_.begin(), started_.end(), started_.begin());
    live_.resize(ticks);
    with_strips_ = live_;
  }

  /// The strips to make, by their first tick.
  std::map<Tick, Window> choose() {
    while (lower_peak()) {
    }
    return std::move(windows_);
  }

 private:
  /// The chosen window that has the tick, or null.
  [[nodiscard]] const Window* window_at(Tick tick) const {
    auto after = windows_.upper_bound(tick);
    if (after == windows_.begin()) return nullptr;
    const Window& window = std::prev(after)->second;
    return tick < window.end ? &window : nullptr;
  }

  /// Lowers what is live where most is; false if that cannot be.
  bool lower_peak() {
    const auto peak = std::max_element(with_strips_.begin(), with_strips_.end());
    if (peak == with_strips_.end()) return false;
    const Tick tick = peak - with_strips_.begin();
    const Window* chosen = window_at(tick);
    std::optional<Window> best;
    for (Window& window : windows_for(tick)) {
      if (overlaps_another(window, chosen)) continue;
      // Entry points that run the same ops will need the same strips.
      const int64_t more = window.arguments - (chosen != nullptr ? chosen->arguments : 0);
      if (window.bytes + std::ssize(schedule_.entry_points) * more >= *peak) continue;
      const auto cost = [](const Window& w) {
        return std::tuple(w.gathered, w.strips.steps.size(), w.bytes);
      };
      if (!best || cost(window) < cost(*best)) best = std::move(window);
    }
    if (!best) return false;
    if (chosen != nullptr) {
      std::copy(live_.begin() + chosen->begin, live_.begin() + chosen->end,
                with_strips_.begin() + chosen->begin);
      windows_.erase(chosen->begin);
    }
    std::fill(with_strips_.begin() + best->begin, with_strips_.begin() + best->end, best->bytes);
    windows_.emplace(best->begin, *std::move(best));
    return true;
  }

  [[nodiscard]] bool overlaps_another(const Window& window, const Window* except) const {
    for (Tick tick = window.begin; tick < window.end; ++tick)
      if (const Window* other = window_at(tick); other != nullptr && other != except) return true;
    return false;
  }

  std::vector<Window> windows_for(Tick tick) {
    size_t entry_point = 0;
    while (lifetimes_.entry_points[entry_point].end <= tick) ++entry_point;
    const Tick start = lifetimes_.entry_points[entry_point].begin;
    const auto finder = finders_.try_emplace(entry_point, schedule_, entry_point).first;
    std::vector<Window> windows;
    for (const StripChoice& choice : finder->second.choices_at(static_cast<size_t>(tick - start))) {
      Window window = {.choice = choice,
                       .strips = strips_of(schedule_, finder->second, choice),
                       .begin = start + static_cast<Tick>(choice.first),
                       .end = start + static_cast<Tick>(choice.last) + 1};
      for (const Step& step : window.strips.steps)
        if (const auto* launch = std::get_if<Launch>(&step)) {
          window.arguments += argument_bytes(*launch->op->kernel).count;
          window.gathered += gathered_by(*launch);
        }
      for (size_t at = choice.first; at <= choice.last; ++at)
        window.gathered -=
            gathered_by(std::get<Launch>(schedule_.entry_points[entry_point].steps[at]));
      window.is_near = stays_near(window.strips);
      window.bytes = bytes_of(window);
      windows.push_back(std::move(window));
    }
    return windows;
  }

  /// Whether each launch finds room for all of its operands in the scratchpad, those of the next
  /// one beside them, so that strips that one makes are still there when the next one reads them.
  [[nodiscard]] bool stays_near(const Strips& strips) const {
    for (const Step& step : strips.steps) {
      const auto* launch = std::get_if<Launch>(&step);
      if (launch == nullptr) return false;  // rows are kept where tensors lie
      int64_t bytes = 0;
      std::set<BufferId> memories;  // a result in place takes none of its own
      visit_views(step, [&](const View& view, bool) {
        if (!memories.insert(roots_[view.buffer]).second) return;
        ir::TensorType type = schedule_.buffers[view.buffer].type;
        type.dims = view.extent;
        const int64_t times = strips.dims.contains(view.buffer) ? 1 : 2;
        bytes += times * ir::byte_size(type).count;
      });
      if (bytes > near_room_) return false;
    }
    return true;
  }

  static int64_t gathered_by(const Launch& launch) {
    return ops::gathered_elements(*launch.op, launch.op->space(launch.call), launch.box);
  }

  /// What lives at the first tick, what starts later, and less for what becomes smaller.
  [[nodiscard]] int64_t bytes_of(const Window& window) const {
    int64_t bytes = live_[static_cast<size_t>(window.begin)] +
                    started_[static_cast<size_t>(window.end)] -
                    started_[static_cast<size_t>(window.begin) + 1];
    for (const auto& [buffer, dims] : window.strips.dims) {
      ir::TensorType type = schedule_.buffers[buffer].type;
      if (schedule_.buffers[buffer].alias || schedule_.buffers[buffer].level != level_) continue;
      bytes -= ir::byte_size(type).count;
      if (window.is_near) continue;
      type.dims = dims;
      bytes += ir::byte_size(type).count;
    }
    return bytes;
  }

  const Schedule& schedule_;
  LevelId level_;
  int64_t near_room_ = 0;  // bytes of the scratchpad, if there is one
  Lifetimes lifetimes_;
  IdVector<BufferId, BufferId> roots_;
  std::vector<int64_t> live_;         // bytes, by tick
  std::vector<int64_t> with_strips_;  // the same with the chosen windows
  std::vector<int64_t> started_;      // bytes of lifetimes that start before a tick
  std::map<size_t, RunFinder> finders_;
  std::map<Tick, Window> windows_;  // chosen, by their first tick
};

}  // namespace

std::vector<StripChoice> strip_choices(const Schedule& schedule, size_t entry_point, size_t step) {
  return RunFinder(schedule, entry_point).choices_at(step);
}

Schedule in_strips(Schedule schedule, const StripChoice& choice) {
  apply(schedule, choice, strips_of(schedule, RunFinder(schedule, choice.entry_point), choice));
  return schedule;
}

Schedule group(Schedule schedule, const chip::Chip& chip) {
  std::set<LevelId> levels;
  for (const Buffer& buffer : schedule.buffers)
    if (buffer.kind == BufferKind::temporary) levels.insert(buffer.level);
  for (const LevelId level : levels) {
    auto chosen = StripChooser(schedule, chip, level).choose();
    for (auto each = chosen.rbegin(); each != chosen.rend(); ++each)
      apply(schedule, each->second.choice, std::move(each->second.strips));
  }
  return schedule;
}

}  // namespace tdc::schedule
