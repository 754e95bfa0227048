#include <algorithm>
#include <iterator>
#include <optional>
#include <span>

#include "ops/bind.h"
#include "ops/op.h"
#include "ops/registry.h"
#include "schedule/aliases.h"
#include "schedule/loops.h"
#include "schedule/passes.h"
#include "schedule/relocate.h"
#include "support/units.h"

namespace tdc::schedule {
namespace {

using ops::Box;
using ops::kBlock;
using ops::Range;
using ops::Space;

/// More pieces of a launch than this cost more than they bring.
constexpr int64_t kMostPieces = 256;

/// Pieces of the outer of two cuts are written out one by one.
constexpr int64_t kMostOuterPieces = 16;

/// So many lengths of pieces that fit are compared for each axis.
constexpr int kMostLengths = 4;

/// What a launch costs beside its work, in transfers: waking the cores, reading arguments and code.
constexpr int64_t kStartsOfLaunch = 4;

/// What a loop of pieces costs beside them, in transfers: its code, which takes memory from the
/// net.
constexpr int64_t kStartsOfLoop = 128;

/// Floating point operations of a product for each of its loads: a block of 4 by 4 outputs takes 8
/// loads for 16 multiply-adds.
constexpr int64_t kFlopPerLoad = 4;

/// What a core takes for an element of an operand that its kernel gathers in panels, in cycles.
constexpr int64_t kCyclesPerGathered = 8;

/// And to take up and lay down an element of a chain that goes on in another call.
constexpr int64_t kCyclesPerContinued = 4;

/// How the elements of a view lie in a buffer of their own: densely, axes in the order in which
/// they lie far away, and what several indices share once.
struct Packing {
  ir::Dims stride;  ///< of each axis of the view
  int64_t elements = 1;
  ir::Dims extent, far, near;  ///< of the copy: axes that are dense on both sides are one
};

/// Nullopt for views that run backwards.
std::optional<Packing> pack(const View& view) {
  std::vector<size_t> axes;
  for (size_t i = 0; i < view.extent.size(); ++i) {
    if (view.stride[i] < 0) return std::nullopt;
    if (view.extent[i] > 1 && view.stride[i] != 0) axes.push_back(i);
  }
  std::ranges::stable_sort(axes,
                           [&](size_t a, size_t b) { return view.stride[a] > view.stride[b]; });
  Packing packing = {
      .stride = ir::Dims(view.extent.size(), 0), .extent = {}, .far = {}, .near = {}};
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    packing.stride[*axis] = packing.elements;
    packing.elements *= view.extent[*axis];
  }
  for (const size_t axis : axes) {
    const int64_t extent = view.extent[axis];
    if (!packing.far.empty() && packing.far.back() == extent * view.stride[axis]) {
      packing.extent.back() *= extent;
    } else {
      packing.extent.push_back(extent);
      packing.far.emplace_back();
      packing.near.emplace_back();
    }
    packing.far.back() = view.stride[axis];
    packing.near.back() = packing.stride[axis];
  }
  if (axes.empty()) packing.extent = packing.far = packing.near = {1};
  return packing;
}

/// Pieces of `length` indices along an axis.
struct Cut {
  size_t axis = 0;
  int64_t length = 1;
};

/// The boxes of a launch that is cut: groups for the outer cut, each with a box for each turn of
/// the inner one.
using Groups = std::vector<std::vector<Box>>;

std::vector<Box> pieces_along(const Box& box, const Cut& cut) {
  std::vector<Box> boxes;
  for (int64_t begin = box[cut.axis].begin; begin < box[cut.axis].end; begin += cut.length) {
    boxes.push_back(box);
    boxes.back()[cut.axis] = {begin, std::min(begin + cut.length, box[cut.axis].end)};
  }
  return boxes;
}

/// The groups of at most two cuts, the outer one first.
Groups groups_of(const Box& box, const std::vector<Cut>& cuts) {
  if (cuts.empty()) return {{box}};
  if (cuts.size() == 1) return {pieces_along(box, cuts[0])};
  Groups groups;
  for (const Box& outer : pieces_along(box, cuts[0]))
    groups.push_back(pieces_along(outer, cuts[1]));
  return groups;
}

/// An operand that is brought to the scratchpad.
struct Operand {
  size_t index = 0;  ///< of the launch's inputs or outputs
  bool is_output = false;
  const ops::Access* access = nullptr;
  size_t slot = 0;
  /// Another operand of the slot brings it: the output that goes on from it, or the same input.
  bool is_brought = false;
};

class LaunchTiler {
 public:
  LaunchTiler(const Schedule& schedule, const chip::Chip& chip,
              const IdVector<BufferId, BufferId>& roots, const Launch& launch)
      : schedule_(schedule),
        chip_(chip),
        roots_(roots),
        launch_(launch),
        space_(launch.op->space(launch.call)) {
    capacity_ = chip.levels[chip.scratchpad->level].room().count;
    find_operands();
  }

  /// The steps that take the launch's place; nullopt if it stays as it is.
  /// New buffers and loops are `made` in the schedule itself.
  std::optional<std::vector<Step>> tile(Schedule& made) {
    if (operands_.empty()) return std::nullopt;
    choose();
    if (!best_) return std::nullopt;
    made_ = &made;
    make_buffers();
    for (const std::vector<Box>& group : best_->groups) write_group(group);
    return std::move(steps_);
  }

  /// The fewest bytes that its operands take in the scratchpad, in the smallest pieces; nullopt if
  /// it has no operands to bring, or they fit.
  std::optional<int64_t> bytes_that_do_not_fit() {
    if (operands_.empty()) return std::nullopt;
    std::optional<int64_t> fewest;
    for (const std::vector<Cut>& cuts : smallest_pieces()) {
      const std::optional<int64_t> bytes = bytes_of_first_turns(cuts);
      if (!bytes) continue;
      if (*bytes <= capacity_) return std::nullopt;
      fewest = std::min(fewest.value_or(*bytes), *bytes);
    }
    return fewest;
  }

 private:
  // ---- operands --------------------------------------------------------------------------------

  [[nodiscard]] const View& view_of(const Launch& launch, const Operand& operand) const {
    return operand.is_output ? launch.outputs[operand.index] : *launch.inputs[operand.index];
  }
  static View& view_of(Launch& launch, const Operand& operand) {
    return operand.is_output ? launch.outputs[operand.index] : *launch.inputs[operand.index];
  }

  /// Outputs first: operands that are updated in place share their buffers.
  void find_operands() {
    std::vector<std::optional<size_t>> slot_of_output(launch_.outputs.size());
    for (size_t i = 0; i < launch_.outputs.size(); ++i)
      if (can_move(launch_.outputs[i], space_.outputs[i])) {
        slot_of_output[i] = slots_;
        operands_.push_back(
            {.index = i, .is_output = true, .access = &space_.outputs[i], .slot = slots_++});
      }
    for (size_t i = 0; i < launch_.inputs.size(); ++i) {
      if (!launch_.inputs[i] || !can_move(*launch_.inputs[i], *space_.inputs[i])) continue;
      Operand operand = {.index = i, .access = &*space_.inputs[i], .slot = slots_};
      bool stays = false;  // with a result that does
      for (size_t o = 0; o < launch_.outputs.size(); ++o) {
        if (!is_same_memory(*launch_.inputs[i], launch_.outputs[o])) continue;
        stays = !slot_of_output[o];
        operand.slot = slot_of_output[o].value_or(slots_);
      }
      if (stays) continue;
      operand.is_brought =
          static_cast<int>(i) == launch_.op->accumulator ||
          std::ranges::any_of(operands_, [&](const Operand& other) {
            return !other.is_output && other.slot == operand.slot && operand.slot != slots_;
          });
      if (operand.slot == slots_) ++slots_;
      operands_.push_back(operand);
    }
  }

  /// Whether an operand can be brought nearer at all, and has more than one element.
  [[nodiscard]] bool can_move(const View& view, const ops::Access& access) const {
    if (access.is_indexed || schedule_.buffers[view.buffer].level == chip_.scratchpad->level)
      return false;
    const std::optional<Packing> packing = pack(view);
    return packing && packing->elements > 1;
  }

  [[nodiscard]] bool is_same_memory(const View& a, const View& b) const {
    return roots_[a.buffer] == roots_[b.buffer] && a.offset == b.offset && a.extent == b.extent &&
           a.stride == b.stride;
  }

  /// Elements of an operand that a box takes, each once.
  [[nodiscard]] int64_t elements_of(const Operand& operand, const Box& box) const {
    const ops::Region region = ops::region(*operand.access, box);
    const View& view = view_of(launch_, operand);
    int64_t elements = 1;
    for (size_t i = 0; i < region.size(); ++i)
      if (view.stride[i] != 0) elements *= region[i].extent();
    return elements;
  }

  [[nodiscard]] bool is_streamed(const Operand& operand) const {
    return chip_.streams_from(level_of(operand));
  }

  /// Where an operand lies.
  [[nodiscard]] LevelId level_of(const Operand& operand) const {
    return schedule_.buffers[view_of(launch_, operand).buffer].level;
  }

  // ---- the choice of cuts ----------------------------------------------------------------------

  /// A slot holds what it held in the turn before, too, where transfers run beside the cores.
  struct Slot {
    int64_t elements = 0;  ///< the most of a piece
    int64_t depth = 1;     ///< pieces: that of turn t lies in part t modulo depth
  };

  struct Choice {
    std::vector<Cut> cuts;
    Groups groups;
    std::vector<Slot> slots;
    /// Of transfers that cores wait for, of starting them and launches, and of what kernels do once
    /// more in each piece.
    int64_t cycles = 0;
  };

  void choose() {
    consider({});
    for (size_t axis = 0; axis < space_.axes.size(); ++axis) add_cuts({}, axis, kMostPieces);
    if (!best_ || (!best_->cuts.empty() && launch_.op->kernel->gathered))
      for (size_t axis = 0; axis < space_.axes.size(); ++axis) {
        if (space_.axes[axis].kind != ops::AxisKind::parallel) continue;
        const int64_t extent = launch_.box[axis].extent();
        for (int64_t pieces = 2; pieces <= std::min(extent, kMostOuterPieces); pieces *= 2)
          for (size_t inner = 0; inner < space_.axes.size(); ++inner)
            if (inner != axis)
              add_cuts({{axis, (extent + pieces - 1) / pieces}}, inner, kMostPieces / pieces);
      }
    const bool must_move =
        std::ranges::any_of(operands_, [&](const Operand& each) { return is_streamed(each); });
    if (best_ && !must_move && best_->cycles >= cycles_of_loads() + repeated_cycles({launch_.box}))
      best_.reset();
  }

  /// What the cores wait longer for operands that stay where they are.
  [[nodiscard]] int64_t cycles_of_loads() const {
    int64_t loads = flop(launch_) / kFlopPerLoad, elements = 0;
    for (const Operand& operand : operands_) elements += elements_of(operand, launch_.box);
    return std::max(loads, elements) * (chip_.scratchpad->load - 1) / chip_.cores;
  }

  /// Considers pieces along an axis: the longest that fit, and some shorter ones.
  void add_cuts(std::vector<Cut> cuts, size_t axis, int64_t most_pieces) {
    const int64_t extent = launch_.box[axis].extent();
    cuts.push_back({.axis = axis});
    int64_t last = extent;
    int fitting = 0;
    for (int64_t pieces = 2; pieces <= std::min(extent, most_pieces) && fitting < kMostLengths;
         pieces += std::max<int64_t>(1, pieces / 4)) {
      int64_t length = (extent + pieces - 1) / pieces;
      if (length > kBlock)  // whole blocks where they can be
        length = (length + kBlock - 1) / kBlock * kBlock;
      if (length >= last) continue;
      cuts.back().length = last = length;
      fitting += consider(cuts) ? 1 : 0;
    }
  }

  /// Cuts in as many pieces along one axis or two as there may be; no cut first.
  [[nodiscard]] std::vector<std::vector<Cut>> smallest_pieces() const {
    const auto smallest = [&](size_t axis, int64_t most_pieces) {
      const int64_t extent = launch_.box[axis].extent();
      const int64_t pieces = std::min(extent, most_pieces);
      return Cut{.axis = axis, .length = (extent + pieces - 1) / pieces};
    };
    std::vector<std::vector<Cut>> result = {{}};
    for (size_t axis = 0; axis < space_.axes.size(); ++axis)
      result.push_back({smallest(axis, kMostPieces)});
    for (size_t axis = 0; axis < space_.axes.size(); ++axis)
      for (size_t inner = 0; inner < space_.axes.size(); ++inner)
        if (inner != axis && space_.axes[axis].kind == ops::AxisKind::parallel)
          result.push_back(
              {smallest(axis, kMostOuterPieces), smallest(inner, kMostPieces / kMostOuterPieces)});
    return result;
  }

  /// What all that is near takes in the first two turns, which are the longest; nullopt if the
  /// kernel cannot compute them.
  [[nodiscard]] std::optional<int64_t> bytes_of_first_turns(const std::vector<Cut>& cuts) const {
    std::vector<Box> turns = {first_piece(cuts)};
    if (!cuts.empty()) {
      const auto& [axis, length] = cuts.back();
      const Range whole = launch_.box[axis];
      if (whole.begin + length < whole.end) {
        turns.push_back(turns.front());
        turns.back()[axis] = {whole.begin + length, std::min(whole.begin + 2 * length, whole.end)};
      }
    }
    if (!is_legal(turns) || !can_call({turns})) return std::nullopt;
    std::vector<Slot> slots(slots_);
    for (const Operand& operand : operands_) {
      Slot& slot = slots[operand.slot];
      if (!is_stationary(operand, turns)) slot.depth = 2;
      for (const Box& box : turns)  // the first may lack what would lie outside
        slot.elements = std::max(slot.elements, elements_of(operand, box));
    }
    return bytes_of(slots);
  }

  /// Whether the cuts are legal and all that is near at a time fits; the cheapest ones are kept.
  bool consider(const std::vector<Cut>& cuts) {
    if (!can_fit(cuts)) return false;
    Choice choice = {
        .cuts = cuts, .groups = groups_of(launch_.box, cuts), .slots = std::vector<Slot>(slots_)};
    const std::vector<Box>& first = choice.groups.front();
    if (first.size() > 1)
      for (const Operand& operand : operands_)
        if (!is_stationary(operand, first)) choice.slots[operand.slot].depth = 2;
    for (const std::vector<Box>& group : choice.groups) {
      if (!is_legal(group)) return false;
      for (const Box& box : group) {
        for (const Operand& operand : operands_) {
          int64_t& most = choice.slots[operand.slot].elements;
          most = std::max(most, elements_of(operand, box));
        }
        if (bytes_of(choice.slots) > capacity_) return false;
      }
      choice.cycles += cycles_of(group, std::ssize(choice.groups)) + repeated_cycles(group);
    }
    if (best_ && choice.cycles >= best_->cycles) return true;
    if (!can_call(choice.groups)) return false;
    best_ = std::move(choice);
    return true;
  }

  /// Whether the kernel takes how the operands of all pieces would lie.
  [[nodiscard]] bool can_call(const Groups& groups) const {
    for (const std::vector<Box>& group : groups)
      for (const Box& box : group) {
        const Launch piece = densely(piece_of(launch_, space_, box));
        for (const ops::KernelPart& part : ops::kernel_parts(*piece.op, kernel_call(piece)))
          if (!ops::bind(*piece.op->kernel, part.call)) return false;
      }
    return true;
  }

  /// The launch with the operands that are brought as they lie near.
  [[nodiscard]] Launch densely(Launch piece) const {
    for (const Operand& operand : operands_) {
      View& view = view_of(piece, operand);
      view.stride = pack(view)->stride;
      view = with_plain_strides(std::move(view));
    }
    return piece;
  }

  /// Whether the first piece is legal and fits; if not, the others need not be looked at.
  [[nodiscard]] bool can_fit(const std::vector<Cut>& cuts) const {
    const Box box = first_piece(cuts);
    std::vector<Slot> slots(slots_);
    for (const Operand& operand : operands_)
      slots[operand.slot].elements =
          std::max(slots[operand.slot].elements, elements_of(operand, box));
    return bytes_of(slots) <= capacity_ && !ops::cut_problem(space_, box);
  }

  [[nodiscard]] Box first_piece(const std::vector<Cut>& cuts) const {
    Box box = launch_.box;
    for (const Cut& cut : cuts)
      box[cut.axis].end = std::min(box[cut.axis].end, box[cut.axis].begin + cut.length);
    return box;
  }

  [[nodiscard]] bool is_legal(const std::vector<Box>& group) const {
    for (const Box& box : group)
      if (ops::cut_problem(space_, box)) return false;
    if (group.size() == 1) return true;
    // Turns write elements of their own, or all go on with the same.
    const bool goes_on = !ops::starts_chains(space_, group[1]);
    return std::ranges::all_of(space_.outputs, [&](const ops::Access& access) {
      return (ops::region(access, group[0]) == ops::region(access, group[1])) == goes_on;
    });
  }

  static int64_t bytes_of(const std::vector<Slot>& slots) {
    int64_t bytes = 0;
    for (const Slot& slot : slots)
      bytes += slot.depth * align_up({slot.elements * ir::kElementBytes}, kAlignment).count;
    return bytes;
  }

  /// Whether all turns take the same elements of an operand.
  [[nodiscard]] static bool is_stationary(const Operand& operand, const std::vector<Box>& group) {
    const ops::Region first = ops::region(*operand.access, group.front());
    return std::ranges::all_of(
        group, [&](const Box& box) { return ops::region(*operand.access, box) == first; });
  }

  /// What the cores wait for in one of `groups` groups: for all that is brought or taken once, for
  /// the first and the last of what is moved in each turn, and for what the work does not hide.
  [[nodiscard]] int64_t cycles_of(const std::vector<Box>& group, int64_t groups) const {
    struct Moved {
      int64_t exposed = 0, hidden = 0;  // bytes
    };
    Moved near, streamed;  // from where tensors lie, and from where only transfers reach
    int64_t starts = kStartsOfLaunch * std::ssize(group);
    if (group.size() > 1) starts += kStartsOfLoop;
    starts *= chip_.scratchpad->transfer;
    int64_t work = flop(launch_) / groups;
    for (const Operand& operand : operands_) {
      const int64_t elements = elements_of(operand, group.front());
      const int64_t turns = is_stationary(operand, group) ? 1 : std::ssize(group);
      Moved& moved = is_streamed(operand) ? streamed : near;
      moved.exposed += elements * ir::kElementBytes;
      moved.hidden += elements * ir::kElementBytes * (turns - 1);
      work += elements * turns;
      starts += turns * chip_.transfers_with(level_of(operand)).transfer;
    }
    const auto cycles = [&](int64_t Moved::* part) {
      return near.*part / chip_.scratchpad->bandwidth +
             (chip_.stream ? streamed.*part / chip_.stream->bandwidth : 0);
    };
    return cycles(&Moved::exposed) +
           std::max<int64_t>(0, cycles(&Moved::hidden) - work / chip_.cores) + starts;
  }

  /// Cycles of cores that have no block of a product's outputs left, until the others have done
  /// theirs. A block lies along the two longest axes.
  [[nodiscard]] int64_t idle_cycles(const Box& box) const {
    if (launch_.op->work != ops::Work::points) return 0;
    int64_t outputs = 1, longest = 1, second = 1;
    for (size_t axis = 0; axis < box.size(); ++axis) {
      if (space_.axes[axis].kind != ops::AxisKind::parallel) continue;
      const int64_t extent = box[axis].extent();
      outputs *= extent;
      second = std::max(second, std::min(extent, longest));
      longest = std::max(longest, extent);
    }
    const int64_t block = std::min(longest, kBlock) * std::min(second, kBlock);
    const int64_t blocks = (outputs + block - 1) / block;
    const int64_t rounds = (blocks + chip_.cores - 1) / chip_.cores;
    return ops::flop(*launch_.op, space_, box) / blocks * (rounds * chip_.cores - blocks);
  }

  /// What each core takes to gather panels, to go on with chains, and to wait for work.
  [[nodiscard]] int64_t repeated_cycles(const std::vector<Box>& group) const {
    int64_t cycles = 0;
    for (const Box& box : group) {
      cycles += ops::gathered_elements(*launch_.op, space_, box) * kCyclesPerGathered;
      cycles += idle_cycles(box);
      if (ops::starts_chains(space_, box)) continue;
      for (const Operand& operand : operands_)
        if (operand.is_output) cycles += elements_of(operand, box) * kCyclesPerContinued;
    }
    return cycles / chip_.cores;
  }

  // ---- steps -----------------------------------------------------------------------------------

  void make_buffers() {
    for (size_t index = 0; index < slots_; ++index) {
      const auto operand = std::ranges::find(operands_, index, &Operand::slot);
      const BufferId far = view_of(launch_, *operand).buffer;
      const Slot& slot = best_->slots[index];
      const Buffer near = {
          .type = {.dtype = schedule_.buffers[far].type.dtype, .dims = {slot.elements}},
          .kind = BufferKind::temporary,
          .level = chip_.scratchpad->level,
          .variable = std::nullopt,
          .alias = std::nullopt,
          .name = schedule_.buffers[far].name + " (tile)",
          .origin = launch_.context.origin};
      std::vector<BufferId>& parts = buffers_.emplace_back();
      for (int64_t part = 0; part < slot.depth; ++part)
        parts.push_back(made_->buffers.push_back(near));
    }
  }

  [[nodiscard]] BufferId buffer_of(const Operand& operand, size_t turn) const {
    const std::vector<BufferId>& parts = buffers_[operand.slot];
    return parts[turn % parts.size()];
  }

  /// One call of the kernel, and what is moved for it.
  struct Turn {
    std::vector<Step> launch;                  ///< one
    std::vector<std::optional<Copy>> in, out;  ///< of each operand, where it is moved in the turn
  };

  void write_group(const std::vector<Box>& group) {
    std::vector<bool> is_once;
    for (const Operand& operand : operands_) is_once.push_back(is_stationary(operand, group));
    const Launch first = piece_of(launch_, space_, group.front());
    std::vector<Turn> turns;
    for (size_t turn = 0; turn < group.size(); ++turn) {
      const Launch piece = piece_of(launch_, space_, group[turn]);
      turns.push_back({.launch = {near_launch(piece, turn)},
                       .in = moves(piece, turn, is_once, false, /*is_back=*/false),
                       .out = moves(piece, turn, is_once, false, /*is_back=*/true)});
    }
    const auto once = moves(first, 0, is_once, true, /*is_back=*/false);
    start(once);
    for (size_t begin = 0; begin < turns.size();) {
      size_t end = begin + 1;
      while (end < turns.size() && are_alike(turns[begin], turns[end])) ++end;
      start(turns[begin].in);
      if (begin == 0) await(once);
      write_turns({turns.begin() + static_cast<std::ptrdiff_t>(begin),
                   turns.begin() + static_cast<std::ptrdiff_t>(end)});
      await(turns[begin].out);
      begin = end;
    }
    const auto back = moves(first, 0, is_once, true, /*is_back=*/true);
    start(back);
    await(back);
  }

  static bool are_alike(const Turn& a, const Turn& b) {
    const auto have_same_shapes = [](const std::optional<Copy>& copy,
                                     const std::optional<Copy>& other) {
      return copy.has_value() == other.has_value() &&
             (!copy || shapes_of(*copy) == shapes_of(*other));
    };
    return are_turns_alike(a.launch.front(), b.launch.front()) &&
           std::ranges::equal(a.in, b.in, have_same_shapes) &&
           std::ranges::equal(a.out, b.out, have_same_shapes);
  }

  /// Turns whose first operands are on their way. Those of the next turn come, and results go,
  /// while the cores work; a result that is updated in place goes before its place is filled again.
  void write_turns(std::span<Turn> turns) {
    std::optional<LoopId> loop;
    if (turns.size() > 1)
      loop = made_->loops.push_back({.kind = Loop::Kind::tiles, .origin = launch_.context.origin});
    for (size_t turn = 0; turn < turns.size(); ++turn) {
      LoopTurn mark = {.loop = loop.value_or(LoopId()), .turn = static_cast<int64_t>(turn)};
      const auto write = [&](Step step, bool is_there = true) {
        if (loop) set_loop_turn(step, mark);
        ++mark.place;
        if (is_there) steps_.push_back(std::move(step));
      };
      const bool has_next = turn + 1 < turns.size();
      Turn& now = turns[turn];
      for (const std::optional<Copy>& copy : now.in)
        if (copy) write(wait_for(*copy));
      if (loop) await_results(now, true, turn > 0, write);
      if (loop)
        for (size_t i = 0; i < now.in.size(); ++i)
          if (now.in[i]) write(has_next ? *turns[turn + 1].in[i] : *now.in[i], has_next);
      write(std::move(now.launch.front()));
      if (loop) await_results(now, false, turn > 0, write);
      for (const std::optional<Copy>& copy : now.out)
        if (copy) write(*copy);
    }
  }

  /// Waits for the results of the turn before, if there is one: those whose place is filled again
  /// by the operands of the next turn, or the others.
  template <typename Write>
  void await_results(const Turn& turn, bool filled_again, bool has_previous, const Write& write) {
    for (size_t i = 0; i < turn.out.size(); ++i) {
      if (!turn.out[i]) continue;
      bool is_filled = false;
      for (size_t other = 0; other < turn.in.size(); ++other)
        is_filled = is_filled || (turn.in[other] && operands_[other].slot == operands_[i].slot);
      if (is_filled == filled_again) write(wait_for(*turn.out[i]), has_previous);
    }
  }

  static Wait wait_for(const Copy& copy) {
    return {.transfer = *copy.transfer, .context = copy.context};
  }

  void start(const std::vector<std::optional<Copy>>& copies) {
    for (const std::optional<Copy>& copy : copies)
      if (copy) steps_.emplace_back(*copy);
  }
  void await(const std::vector<std::optional<Copy>>& copies) {
    for (const std::optional<Copy>& copy : copies)
      if (copy) steps_.emplace_back(wait_for(*copy));
  }

  [[nodiscard]] Launch near_launch(const Launch& piece, size_t turn) const {
    Launch near = densely(piece);
    for (const Operand& operand : operands_) {
      View& view = view_of(near, operand);
      view.offset = 0;
      view.buffer = buffer_of(operand, turn);
    }
    return near;
  }

  /// What is brought for a piece, or taken back, of the operands that are moved once for all turns
  /// or of those that are moved in each.
  [[nodiscard]] std::vector<std::optional<Copy>> moves(const Launch& piece, size_t turn,
                                                       const std::vector<bool>& is_once, bool once,
                                                       bool is_back) const {
    std::vector<std::optional<Copy>> copies(operands_.size());
    for (size_t i = 0; i < operands_.size(); ++i) {
      const Operand& operand = operands_[i];
      const bool is_moved = is_back             ? operand.is_output
                            : operand.is_output ? goes_on(piece, operand)
                                                : !operand.is_brought;
      const View& far = view_of(piece, operand);
      if (is_once[i] != once || !is_moved || std::ranges::count(far.extent, 0) > 0) continue;
      const size_t ticket = is_back ? operands_.size() + i : i;
      copies[i] =
          transfer_of(far, buffer_of(operand, turn), is_back, {static_cast<uint32_t>(ticket)});
    }
    return copies;
  }

  /// Whether a piece goes on with what an output holds.
  static bool goes_on(const Launch& piece, const Operand& operand) {
    return operand.index == 0 && kernel_call(piece).continues;
  }

  [[nodiscard]] Copy transfer_of(const View& far, BufferId buffer, bool is_back,
                                 TransferId transfer) const {
    const Packing packing = pack(far).value();
    View away = {.buffer = far.buffer,
                 .offset = far.offset,
                 .extent = packing.extent,
                 .stride = packing.far};
    View here = {.buffer = buffer, .offset = 0, .extent = packing.extent, .stride = packing.near};
    if (is_back) std::swap(away, here);
    return {.to = std::move(here),
            .from = std::move(away),
            .transfer = transfer,
            .context = {.phase = launch_.context.phase,
                        .origin = launch_.context.origin,
                        .turns = {},
                        .loop_turn = std::nullopt}};
  }

  const Schedule& schedule_;
  const chip::Chip& chip_;
  const IdVector<BufferId, BufferId>& roots_;
  const Launch& launch_;
  Space space_;
  int64_t capacity_ = 0;
  std::vector<Operand> operands_;
  size_t slots_ = 0;
  std::optional<Choice> best_;
  Schedule* made_ = nullptr;
  std::vector<std::vector<BufferId>> buffers_;  // of the slots, by part
  std::vector<Step> steps_;
};

}  // namespace

std::vector<TooLarge> too_large_for_scratchpad(const Schedule& schedule, const chip::Chip& chip) {
  std::vector<TooLarge> result;
  if (!chip.scratchpad) return result;
  const IdVector<BufferId, BufferId> roots = alias_roots(schedule.buffers);
  for (const EntryPoint& entry : schedule.entry_points)
    for (const Step& step : entry.steps) {
      const auto* launch = std::get_if<Launch>(&step);
      if (launch == nullptr || launch->context.loop_turn) continue;
      if (const auto bytes = LaunchTiler(schedule, chip, roots, *launch).bytes_that_do_not_fit())
        result.push_back({.entry_point = &entry, .launch = launch, .bytes = {*bytes}});
    }
  return result;
}

Schedule tile(Schedule schedule, const chip::Chip& chip) {
  if (!chip.scratchpad) return schedule;
  const IdVector<BufferId, BufferId> roots = alias_roots(schedule.buffers);
  for (EntryPoint& entry : schedule.entry_points) {
    std::vector<Step> steps;
    for (Step& step : entry.steps) {
      const auto* launch = std::get_if<Launch>(&step);
      std::optional<std::vector<Step>> tiled;
      if (launch != nullptr && !launch->context.loop_turn)
        tiled = LaunchTiler(schedule, chip, roots, *launch).tile(schedule);
      if (tiled)
        steps.insert(steps.end(), std::make_move_iterator(tiled->begin()),
                     std::make_move_iterator(tiled->end()));
      else
        steps.push_back(std::move(step));
    }
    entry.steps = std::move(steps);
  }
  return schedule;
}

}  // namespace tdc::schedule
