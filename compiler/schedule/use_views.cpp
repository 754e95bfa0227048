#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "ops/bind.h"
#include "ops/op.h"
#include "schedule/aliases.h"
#include "schedule/passes.h"
#include "schedule/relocate.h"
#include "schedule/uses.h"
#include "support/check.h"

// Every launch that only moves elements is looked at once, in order. First its result is laid into
// the operand's memory, and whoever reads it gets a view of that; if one of them cannot, the
// operands are laid into the result's memory, and whoever makes or reads them gets views: all of
// them or, where one cannot, those that can. What is left of the launch moves the others.
//
// The turns of a repeat are treated alike, or they were no loop: where memory is too little for one
// of them, none of them moves.

namespace tdc::schedule {
namespace {

// ---- what a launch moves -----------------------------------------------------------------------

/// One dimension of a launch's view as it follows from the axes: step * index of the axis + shift,
/// or index 0.
struct Along {
  std::optional<size_t> axis;
  int64_t step = 1;
  int64_t shift = 0;
};

/// Nullopt where it is anything else. The view begins with index `first`.
std::optional<Along> along(const ops::Reach& reach, int64_t extent, int64_t first) {
  if (reach.terms.empty()) return extent == 1 ? std::optional(Along{}) : std::nullopt;
  if (reach.terms.size() > 1 || reach.windows.size() > 1) return std::nullopt;
  const auto [axis, step] = reach.terms[0];
  Along result = {.axis = axis, .step = step, .shift = -first};
  if (reach.windows.empty()) return result;
  const ops::Window& window = reach.windows[0];
  if (window.scale != 1 || window.divisor != 1 || window.low != window.high) return std::nullopt;
  result.shift += window.low;
  return result;
}

std::optional<std::vector<Along>> along(const ops::Access& access, const ops::Box& box,
                                        const ir::Dims& dims) {
  if (access.is_indexed) return std::nullopt;
  const ops::Region touched = ops::region(access, box);  // which is what the view holds
  std::vector<Along> result;
  for (size_t i = 0; i < dims.size(); ++i) {
    const std::optional<Along> dim = along(access.dims[i], dims[i], touched[i].begin);
    if (!dim) return std::nullopt;
    result.push_back(*dim);
  }
  return result;
}

/// Where the elements of `own` lie in what `other` is a view of, if every index of `own` is one of
/// `other`; both follow from the same axes. Axes of `other` that `own` lacks have one index.
std::optional<View> place_in(const std::vector<Along>& own, const ir::Dims& dims,
                             const std::vector<Along>& other, const View& view) {
  View place = {.buffer = view.buffer,
                .offset = view.offset,
                .extent = dims,
                .stride = ir::Dims(dims.size())};
  for (size_t i = 0; i < other.size(); ++i) {
    if (!other[i].axis) continue;
    const auto same = std::find_if(own.begin(), own.end(),
                                   [&](const Along& each) { return each.axis == other[i].axis; });
    if (same == own.end()) {
      if (view.extent[i] != 1) return std::nullopt;
      continue;
    }
    const auto k = static_cast<size_t>(same - own.begin());
    if (same->step != 1) return std::nullopt;
    const int64_t first = other[i].shift - other[i].step * same->shift;
    const int64_t last = first + other[i].step * (dims[k] - 1);
    if (first < 0 || last >= view.extent[i]) return std::nullopt;
    place.offset += first * view.stride[i];
    place.stride[k] += other[i].step * view.stride[i];
  }
  return place;
}

/// The operands and the result of a launch that only moves elements, all of them.
struct Moving {
  std::vector<std::vector<Along>> inputs;
  std::vector<Along> output;
};

std::optional<Moving> moving(const Launch& launch) {
  if (launch.op->work != ops::Work::none || launch.inputs.empty() || launch.outputs.size() != 1)
    return std::nullopt;
  const ops::Space space = launch.op->space(launch.call);
  if (!ops::is_whole(space, launch.box)) return std::nullopt;
  Moving result;
  for (size_t i = 0; i < launch.inputs.size(); ++i) {
    if (!launch.inputs[i]) return std::nullopt;
    const auto input = along(*space.inputs[i], launch.box, launch.call.input(i).dims);
    if (!input) return std::nullopt;
    result.inputs.push_back(*input);
  }
  const auto output = along(space.outputs[0], launch.box, launch.call.output(0).dims);
  if (!output) return std::nullopt;
  result.output = *output;
  return result;
}

// ---- bytes per step ----------------------------------------------------------------------------

/// A number per step, of which ranges are raised and asked for their largest in logarithmic time:
/// a tree over halves, in which a node holds what was added to all of its range and the largest sum
/// below it, that included.
class LiveBytes {
 public:
  explicit LiveBytes(size_t steps) {
    while (leaves_ < steps) leaves_ *= 2;
    nodes_.resize(2 * leaves_);
  }

  /// Steps `first` to `last`, both included.
  void add(size_t first, size_t last, int64_t bytes) { add(1, 0, leaves_, first, last + 1, bytes); }
  [[nodiscard]] int64_t largest(size_t first, size_t last) const {
    return largest(1, 0, leaves_, first, last + 1);
  }
  [[nodiscard]] int64_t largest() const { return nodes_[1].largest; }

 private:
  struct Node {
    int64_t added = 0, largest = 0;
  };

  void add(size_t at, size_t begin, size_t end, size_t first, size_t last, int64_t bytes) {
    if (last <= begin || end <= first) return;
    Node& node = nodes_[at];
    if (first <= begin && end <= last) {
      node.added += bytes;
      node.largest += bytes;
      return;
    }
    const size_t middle = (begin + end) / 2;
    add(2 * at, begin, middle, first, last, bytes);
    add(2 * at + 1, middle, end, first, last, bytes);
    node.largest = node.added + std::max(nodes_[2 * at].largest, nodes_[2 * at + 1].largest);
  }

  [[nodiscard]] int64_t largest(size_t at, size_t begin, size_t end, size_t first,
                                size_t last) const {
    if (last <= begin || end <= first) return std::numeric_limits<int64_t>::min() / 2;
    if (first <= begin && end <= last) return nodes_[at].largest;
    const size_t middle = (begin + end) / 2;
    return nodes_[at].added + std::max(largest(2 * at, begin, middle, first, last),
                                       largest(2 * at + 1, middle, end, first, last));
  }

  size_t leaves_ = 1;
  std::vector<Node> nodes_;  // the children of i are 2 i and 2 i + 1; the root is 1
};

// ---- the pass ----------------------------------------------------------------------------------

/// What is laid into what.
enum class Way : uint8_t { result_into_operand, operands_into_result, operand_into_result };

/// The moves of one node of a repeat, in all turns: its places in the repeats that it is in.
struct Mover {
  std::vector<std::pair<ir::RepeatId, int64_t>> places;
  ir::Phase phase;
  std::string_view op;
  Way way;
  size_t operand;  ///< 0 unless one alone is laid
  friend auto operator<=>(const Mover&, const Mover&) = default;
};

/// Nullopt outside of repeats.
std::optional<Mover> mover_of(const Launch& launch, Way way, size_t operand) {
  if (launch.context.turns.empty()) return std::nullopt;
  Mover result = {.places = {},
                  .phase = launch.context.phase,
                  .op = launch.op->name,
                  .way = way,
                  .operand = operand};
  for (const ir::Turn& turn : launch.context.turns)
    result.places.emplace_back(turn.repeat, turn.position);
  return result;
}

/// A buffer and where its elements shall lie.
struct Placement {
  BufferId buffer;
  View place;
};

class EntryPointPass {
 public:
  /// Memory was too little for a turn of those that are `refused`; what is found to be like them is
  /// added.
  EntryPointPass(const Schedule& schedule, EntryPoint& entry, std::set<Mover>& refused)
      : schedule_(schedule),
        entry_(entry),
        refused_(refused),
        roots_(alias_roots(schedule.buffers)),
        is_left_out_(entry.steps.size(), 0),
        live_bytes_(entry.steps.size()) {
    uses_.resize(schedule.buffers.size());
    for (size_t at = 0; at < entry.steps.size(); ++at)
      visit_views(entry.steps[at], [&](const View& view, bool) { uses_[view.buffer].insert(at); });
    for (const BufferId buffer : schedule.buffers.ids()) {
      const BufferId memory = roots_[buffer];
      if (memory != buffer) versions_[memory].push_back(buffer);
    }
    for (const BufferId buffer : schedule.buffers.ids()) add_live(buffer, 1);
    most_live_bytes_ = live_bytes_.largest();
  }

  void run() {
    for (size_t at = 0; at < entry_.steps.size(); ++at) {
      const auto* launch = std::get_if<Launch>(&entry_.steps[at]);
      if (launch == nullptr) continue;
      const std::optional<Moving> elements = moving(*launch);
      if (elements && !lay_result_into_operand(*elements, *launch, at))
        lay_operands_into_result(*elements, *launch, at);
    }
    std::vector<Step> kept;
    for (size_t at = 0; at < entry_.steps.size(); ++at) {
      const auto laid = laid_operands_.find(at);
      if (is_left_out_[at] == 0 && laid == laid_operands_.end()) {
        kept.push_back(std::move(entry_.steps[at]));
        continue;
      }
      auto& launch = std::get<Launch>(entry_.steps[at]);
      std::vector<ops::Box> boxes;
      if (is_left_out_[at] == 0) boxes = keep_others(launch, laid->second, kept);
      entry_.view_nodes.push_back({.op = launch.op,
                                   .call = std::move(launch.call),
                                   .inputs = std::move(launch.input_values),
                                   .output = launch.output_values[0],
                                   .boxes = std::move(boxes)});
    }
    entry_.steps = std::move(kept);
  }

 private:
  bool lay_result_into_operand(const Moving& elements, const Launch& launch, size_t at) {
    const View& output = launch.outputs[0];
    if (launch.inputs.size() != 1 || !is_whole_temporary(output)) return false;
    const View& input = *launch.inputs[0];
    const std::optional<View> place =
        place_in(elements.output, output.extent, elements.inputs[0], input);
    if (!place || !is_only_written_at(output.buffer, at)) return false;
    if (is_written_between(input.buffer, at, *uses_[output.buffer].rbegin())) return false;
    return leave_out(at, {{output.buffer, *place}}, Way::result_into_operand);
  }

  void lay_operands_into_result(const Moving& elements, const Launch& launch, size_t at) {
    const View& output = launch.outputs[0];
    if (!is_whole_of(output, BufferKind::temporary) && !is_whole_of(output, BufferKind::argument))
      return;
    if (*uses_[output.buffer].begin() != at || !is_only_written_at(output.buffer, at)) return;
    int64_t filled = 0;
    for (const std::optional<View>& input : launch.inputs)
      filled += ir::element_count(input->extent);
    // Parts of a result lie beside each other; with fewer elements than it has, others are zeros.
    if (filled != ir::element_count(output.extent)) return;
    std::map<size_t, Placement> placements;  // by operand
    std::set<BufferId> placed;
    for (size_t i = 0; i < launch.inputs.size(); ++i) {
      const View& input = *launch.inputs[i];
      const std::optional<View> place =
          place_in(elements.inputs[i], input.extent, elements.output, output);
      if (place && is_whole_temporary(input) && is_one_to_one(elements.inputs[i]) &&
          !is_written_between(input.buffer, at, entry_.steps.size()) &&
          placed.insert(input.buffer).second)
        placements[i] = {input.buffer, *place};
    }
    std::vector<Placement> all;
    for (const auto& [operand, placement] : placements) all.push_back(placement);
    if (all.size() == launch.inputs.size() && leave_out(at, all, Way::operands_into_result)) return;
    if (launch.inputs.size() == 1) return;
    for (const auto& [operand, placement] : placements)
      if (is_alike_in_turns(placement.buffer, at) &&
          lay(at, {placement}, Way::operand_into_result, operand))
        laid_operands_[at].insert(operand);
  }

  /// Whether nobody who uses the buffer is in a repeat that the step at `at` is not in: turns of
  /// others would differ if the operands of some of them alone were laid.
  [[nodiscard]] bool is_alike_in_turns(BufferId buffer, size_t at) const {
    const size_t depth = context_of(entry_.steps[at]).turns.size();
    return std::all_of(uses_[buffer].begin(), uses_[buffer].end(), [&](size_t user) {
      return context_of(entry_.steps[user]).turns.size() <= depth;
    });
  }

  /// Adds what moves the operands that were not laid into the result, neighbours together; gives
  /// the boxes of those that were.
  static std::vector<ops::Box> keep_others(const Launch& launch, const std::set<size_t>& laid,
                                           std::vector<Step>& kept) {
    const ops::Space space = launch.op->space(launch.call);
    std::vector<ops::Box> boxes;
    std::optional<ops::Box> others;
    const auto keep = [&] {
      if (others) kept.emplace_back(piece_of(launch, space, *std::move(others)));
      others.reset();
    };
    for (size_t i = 0; i < launch.inputs.size(); ++i) {
      const std::optional<ops::Box> box = ops::inside(*space.inputs[i], launch.box);
      TDC_CHECK(box, "operand {} of {} is no part of its result", i, launch.op->name);
      if (laid.contains(i)) {
        keep();
        boxes.push_back(*box);
      } else if (!others) {
        others = box;
      } else {
        for (size_t axis = 0; axis < box->size(); ++axis) (*others)[axis].end = (*box)[axis].end;
      }
    }
    keep();
    return boxes;
  }

  /// Whether every axis is met by one dimension, so that no two elements are the same.
  static bool is_one_to_one(const std::vector<Along>& operand) {
    std::set<size_t> axes;
    return std::all_of(operand.begin(), operand.end(), [&](const Along& dim) {
      return !dim.axis || axes.insert(*dim.axis).second;
    });
  }

  /// Lays buffers into another and leaves the launch out, if all that use them can and memory
  /// allows it.
  bool leave_out(size_t at, const std::vector<Placement>& placements, Way way) {
    is_left_out_[at] = 1;
    if (lay(at, placements, way, 0)) return true;
    is_left_out_[at] = 0;
    return false;
  }

  /// Lays buffers into another, if all that use them can and memory allows it. The launch at `at`
  /// stays if it is not left out, and the laid operands are no work of it any more.
  bool lay(size_t at, const std::vector<Placement>& placements, Way way, size_t operand) {
    const std::optional<Mover> mover = mover_of(std::get<Launch>(entry_.steps[at]), way, operand);
    if (mover && refused_.contains(*mover)) return false;
    std::map<size_t, Step> changed;
    for (const Placement& placement : placements)
      for (const size_t user : uses_[placement.buffer]) {
        if (user == at && is_left_out_[at] != 0) continue;
        const auto [step, is_new] = changed.try_emplace(user, entry_.steps[user]);
        if (!use_place(step->second, placement)) return false;
      }
    for (const auto& [user, step] : changed)
      if (user != at && !is_possible(step)) return false;
    if (!move_live_bytes(placements, at)) {
      if (mover) refused_.insert(*mover);
      return false;
    }
    for (auto& [user, step] : changed) entry_.steps[user] = std::move(step);
    return true;
  }

  // ---- users -----------------------------------------------------------------------------------

  /// Exchanges all views of a buffer; false if one cannot be said.
  static bool use_place(Step& step, const Placement& placement) {
    bool is_possible = true;
    const auto exchange = [&](View& view) {
      if (view.buffer != placement.buffer) return;
      std::optional<View> moved = relocate(view, placement.place);
      is_possible = is_possible && moved;
      if (moved) view = *std::move(moved);
    };
    if (auto* launch = std::get_if<Launch>(&step)) {
      for (std::optional<View>& input : launch->inputs)
        if (input) exchange(*input);
      for (View& output : launch->outputs) exchange(output);
    } else if (auto* copy = std::get_if<Copy>(&step)) {
      exchange(copy->from);
      exchange(copy->to);
    }
    return is_possible;
  }

  static bool is_dense(const View& view) { return view.stride == ir::dense_strides(view.extent); }

  static bool is_possible(const Step& step) {
    if (const auto* launch = std::get_if<Launch>(&step))
      return ops::is_possible(*launch->op, kernel_call(*launch));
    const auto& copy = std::get<Copy>(step);
    return !copy.ticket && is_dense(copy.from) && is_dense(copy.to);
  }

  // ---- buffers ---------------------------------------------------------------------------------

  [[nodiscard]] bool is_whole_of(const View& view, BufferKind kind) const {
    const Buffer& buffer = schedule_.buffers[view.buffer];
    return buffer.kind == kind && !buffer.alias && is_whole(view, buffer);
  }
  [[nodiscard]] bool is_whole_temporary(const View& view) const {
    return is_whole_of(view, BufferKind::temporary);
  }

  [[nodiscard]] bool writes(size_t at, BufferId memory) const {
    bool result = false;
    if (is_left_out_[at] == 0)
      visit_views(entry_.steps[at], [&](const View& view, bool is_written) {
        result = result || (is_written && roots_[view.buffer] == memory);
      });
    return result;
  }

  [[nodiscard]] bool is_only_written_at(BufferId buffer, size_t at) const {
    return std::all_of(uses_[buffer].begin(), uses_[buffer].end(),
                       [&](size_t user) { return user == at || !writes(user, buffer); });
  }

  /// Whether a step after `first`, and `last` at the latest, writes to the buffer's memory.
  [[nodiscard]] bool is_written_between(BufferId buffer, size_t first, size_t last) const {
    const BufferId memory = roots_[buffer];
    const auto is_written = [&](BufferId other) {
      for (auto user = uses_[other].upper_bound(first); user != uses_[other].end() && *user <= last;
           ++user)
        if (writes(*user, memory)) return true;
      return false;
    };
    const auto versions = versions_.find(memory);
    return is_written(memory) ||
           (versions != versions_.end() &&
            std::any_of(versions->second.begin(), versions->second.end(), is_written));
  }

  // ---- memory ----------------------------------------------------------------------------------

  [[nodiscard]] int64_t bytes(BufferId buffer) const {
    return schedule_.buffers[buffer].kind == BufferKind::temporary
               ? ir::byte_size(schedule_.buffers[buffer].type).count
               : 0;
  }

  void add_live(BufferId buffer, int64_t sign) {
    if (!uses_[buffer].empty())
      live_bytes_.add(*uses_[buffer].begin(), *uses_[buffer].rbegin(), sign * bytes(buffer));
  }

  /// Counts the placed buffers' uses for the one they lie in; false, and nothing happens, if more
  /// bytes would be live at a step than were at any.
  bool move_live_bytes(const std::vector<Placement>& placements, size_t at) {
    const BufferId place = placements[0].place.buffer;
    const std::set<size_t> uses_before = uses_[place];
    std::set<size_t> uses = uses_before;
    add_live(place, -1);
    for (const Placement& placement : placements) {
      add_live(placement.buffer, -1);
      uses.insert(uses_[placement.buffer].begin(), uses_[placement.buffer].end());
    }
    if (is_left_out_[at] != 0) uses.erase(at);
    uses_[place] = uses;
    add_live(place, 1);
    const bool is_enough =
        uses.empty() || live_bytes_.largest(*uses.begin(), *uses.rbegin()) <= most_live_bytes_;
    if (is_enough) {
      for (const Placement& placement : placements) uses_[placement.buffer].clear();
      return true;
    }
    add_live(place, -1);
    uses_[place] = uses_before;
    add_live(place, 1);
    for (const Placement& placement : placements) add_live(placement.buffer, 1);
    return false;
  }

  const Schedule& schedule_;
  EntryPoint& entry_;
  std::set<Mover>& refused_;
  IdVector<BufferId, BufferId> roots_;  // whose memory each buffer is in
  std::vector<char> is_left_out_;
  std::map<size_t, std::set<size_t>> laid_operands_;    // into the result of a launch that stays
  IdVector<BufferId, std::set<size_t>> uses_;           // steps that are not left out
  std::map<BufferId, std::vector<BufferId>> versions_;  // of variables, by their own buffer
  LiveBytes live_bytes_;                                // of temporaries, per step
  int64_t most_live_bytes_ = 0;                         // before anything was changed
};

}  // namespace

Schedule use_views(Schedule schedule) {
  for (EntryPoint& entry : schedule.entry_points) {
    const EntryPoint before = entry;
    std::set<Mover> refused;
    for (std::optional<size_t> known; known != refused.size();) {
      known = refused.size();
      entry = before;
      EntryPointPass(schedule, entry, refused).run();
    }
  }
  return schedule;
}

}  // namespace tdc::schedule
