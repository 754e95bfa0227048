#include "schedule/tile_choice.h"

#include <algorithm>
#include <map>

#include "ops/op.h"
#include "schedule/engine.h"
#include "schedule/transfers.h"

namespace tdc::schedule {
namespace {

using ops::Box;
using ops::kBlock;
using ops::Range;

/// More pieces of a launch than this cost more than they bring.
constexpr int64_t kMostPieces = 256;

/// Pieces of the outer of two cuts are written out one by one.
constexpr int64_t kMostOuterPieces = 16;

/// So many lengths of pieces that fit are compared for each axis.
constexpr int kMostLengths = 4;

/// Pieces of `length` indices along an axis.
struct Cut {
  size_t axis = 0;
  int64_t length = 1;
};

std::vector<Box> pieces_along(const Box& box, const Cut& cut) {
  std::vector<Box> boxes;
  for (int64_t begin = box[cut.axis].begin; begin < box[cut.axis].end; begin += cut.length) {
    boxes.push_back(box);
    boxes.back()[cut.axis] = {begin, std::min(begin + cut.length, box[cut.axis].end)};
  }
  return boxes;
}

/// The groups of at most two cuts, the outer one first.
TileGroups groups_of(const Box& box, const std::vector<Cut>& cuts) {
  if (cuts.empty()) return {{box}};
  if (cuts.size() == 1) return {pieces_along(box, cuts[0])};
  TileGroups groups;
  for (const Box& outer : pieces_along(box, cuts[0]))
    groups.push_back(pieces_along(outer, cuts[1]));
  return groups;
}

/// Tries cuts of a launch.
class Chooser {
 public:
  Chooser(const NearOperands& near, const chip::Chip& chip, Bytes room)
      : near_(near),
        chip_(chip),
        launch_(near.launch()),
        is_in_loop_(launch_.context.loop_turn.has_value()),
        room_(room.count) {}

  std::optional<TileChoice> cheapest(const CycleTable& table, const std::set<size_t>& kept) {
    table_ = &table;
    kept_ = kept;
    consider({});
    for (size_t axis = 0; axis < near_.space().axes.size(); ++axis)
      add_cuts({}, axis, most_pieces());
    if (!best_ || (!best_->is_whole() && launch_.op->kernel->gathered))
      for (size_t axis = 0; axis < near_.space().axes.size(); ++axis) {
        if (near_.space().axes[axis].kind != ops::AxisKind::parallel) continue;
        const int64_t extent = launch_.box[axis].extent();
        for (int64_t pieces = 2; pieces <= std::min(extent, kMostOuterPieces); pieces *= 2)
          for (size_t inner = 0; inner < near_.space().axes.size(); ++inner)
            if (inner != axis)
              add_cuts({{axis, (extent + pieces - 1) / pieces}}, inner, most_pieces() / pieces);
      }
    const bool must_move = std::ranges::any_of(near_.all(), [&](const NearOperand& operand) {
      return chip_.streams_from(near_.level_of(operand));
    });
    if (best_ && !must_move && best_->cycles >= kernel_cycles(launch_)) best_.reset();
    return std::move(best_);
  }

  [[nodiscard]] std::optional<int64_t> bytes_that_do_not_fit() const {
    std::optional<int64_t> fewest;
    for (const std::vector<Cut>& cuts : smallest_pieces()) {
      const std::optional<int64_t> bytes = bytes_of_first_turns(cuts);
      if (!bytes) continue;
      if (*bytes <= room_) return std::nullopt;
      fewest = std::min(fewest.value_or(*bytes), *bytes);
    }
    return fewest;
  }

 private:
  /// In a loop all pieces are written out one by one.
  [[nodiscard]] int64_t most_pieces() const { return is_in_loop_ ? kMostOuterPieces : kMostPieces; }

  /// Whether operands of the next turn come beside the work of this one.
  [[nodiscard]] bool is_double(const NearOperand& operand, const std::vector<Box>& turns) const {
    return !is_in_loop_ && !near_.is_stationary(operand, turns);
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
    for (size_t axis = 0; axis < near_.space().axes.size(); ++axis)
      result.push_back({smallest(axis, most_pieces())});
    for (size_t axis = 0; axis < near_.space().axes.size(); ++axis)
      for (size_t inner = 0; inner < near_.space().axes.size(); ++inner)
        if (inner != axis && near_.space().axes[axis].kind == ops::AxisKind::parallel)
          result.push_back({smallest(axis, kMostOuterPieces),
                            smallest(inner, most_pieces() / kMostOuterPieces)});
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
    if (!is_legal(turns) || !std::ranges::all_of(turns, [&](const Box& box) {
          return can_call(near_.near_piece(box));
        }))
      return std::nullopt;
    std::vector<TileSlot> slots(near_.slots());
    for (const NearOperand& operand : near_.all()) {
      TileSlot& slot = slots[operand.slot];
      if (is_double(operand, turns)) slot.depth = 2;
      for (const Box& box : turns)  // the first may lack what would lie outside
        slot.elements = std::max(slot.elements, near_.elements_of(operand, box));
    }
    return bytes_of(slots);
  }

  /// Whether the cuts are legal and all that is near at a time fits; the cheapest ones are kept.
  bool consider(const std::vector<Cut>& cuts) {
    if (!can_fit(cuts)) return false;
    TileChoice choice = {.groups = groups_of(launch_.box, cuts),
                         .slots = std::vector<TileSlot>(near_.slots())};
    const std::vector<Box>& first = choice.groups.front();
    if (first.size() > 1)
      for (const NearOperand& operand : near_.all())
        if (is_double(operand, first)) choice.slots[operand.slot].depth = 2;
    for (const std::vector<Box>& group : choice.groups) {
      if (!is_legal(group)) return false;
      for (const Box& box : group) {
        for (const NearOperand& operand : near_.all()) {
          int64_t& most = choice.slots[operand.slot].elements;
          most = std::max(most, near_.elements_of(operand, box));
        }
        if (bytes_of(choice.slots) > room_) return false;
      }
    }
    for (const std::vector<Box>& group : choice.groups) {
      const Moves moves = moves_of(group, choice.groups.size() == 1);
      double work = 0;
      for (const Box& box : group) {
        const std::optional<double> cycles = piece_cycles(box);
        if (!cycles) return false;
        work += *cycles;
      }
      choice.cycles += moves.with(work);
      if (best_ && choice.cycles >= best_->cycles) return true;
    }
    best_ = std::move(choice);
    return true;
  }

  /// Whether the first piece is legal and fits; if not, the others need not be looked at.
  [[nodiscard]] bool can_fit(const std::vector<Cut>& cuts) const {
    const Box box = first_piece(cuts);
    std::vector<TileSlot> slots(near_.slots());
    for (const NearOperand& operand : near_.all())
      slots[operand.slot].elements =
          std::max(slots[operand.slot].elements, near_.elements_of(operand, box));
    return bytes_of(slots) <= room_ && !ops::cut_problem(near_.space(), box);
  }

  [[nodiscard]] Box first_piece(const std::vector<Cut>& cuts) const {
    Box box = launch_.box;
    for (const Cut& cut : cuts)
      box[cut.axis].end = std::min(box[cut.axis].end, box[cut.axis].begin + cut.length);
    return box;
  }

  [[nodiscard]] bool is_legal(const std::vector<Box>& group) const {
    for (const Box& box : group)
      if (ops::cut_problem(near_.space(), box)) return false;
    if (group.size() == 1) return true;
    // Turns write elements of their own, or all go on with the same.
    const bool goes_on = !ops::starts_chains(near_.space(), group[1]);
    return std::ranges::all_of(near_.space().outputs, [&](const ops::Access& access) {
      return (ops::region(access, group[0]) == ops::region(access, group[1])) == goes_on;
    });
  }

  static int64_t bytes_of(const std::vector<TileSlot>& slots) {
    int64_t bytes = 0;
    for (const TileSlot& slot : slots) bytes += slot.bytes().count;
    return bytes;
  }

  /// Cycles of the transfers of a group.
  struct Moves {
    double exposed = 0;  ///< what is brought or taken once, the first and last of each turn, starts
    double hidden = 0;   ///< what runs beside the work

    /// Those of the cores, which work as long.
    [[nodiscard]] double with(double work) const { return exposed + std::max(work, hidden); }
  };

  [[nodiscard]] Moves moves_of(const std::vector<Box>& group, bool is_all) const {
    Moves moves;
    const auto turns = static_cast<double>(group.size());
    if (group.size() > 1)
      moves.exposed += static_cast<double>((is_in_loop_ ? std::ssize(group) : runs_of(group)) *
                                           kStartsOfRun * chip_.scratchpad->transfer);
    const Launch first = near_.piece(group.front());
    for (size_t i = 0; i < near_.all().size(); ++i) {
      const NearOperand& operand = near_.all()[i];
      const bool is_stationary = NearOperands::is_stationary(operand, group);
      if (is_all && is_stationary && kept_.contains(i)) continue;
      const TransferCycles cycles =
          transfer_cycles(near_.transfer_of(NearOperands::view_of(first, operand), BufferId(),
                                            operand.is_output, {}),
                          chip_.transfers_with(near_.level_of(operand)));
      moves.exposed += cycles.moving + cycles.starts;
      if (is_stationary) continue;
      (is_in_loop_ ? moves.exposed : moves.hidden) += cycles.moving * (turns - 1);
      moves.exposed += cycles.starts * (turns - 1);
    }
    return moves;
  }

  /// How many times the extents of what a piece takes change along a group, and once more.
  [[nodiscard]] int64_t runs_of(const std::vector<Box>& group) const {
    int64_t runs = 1;
    const auto have_same_extents = [](const Range& a, const Range& b) {
      return a.extent() == b.extent();
    };
    for (size_t i = 1; i < group.size(); ++i) {
      const bool are_alike = std::ranges::all_of(near_.all(), [&](const NearOperand& operand) {
        return std::ranges::equal(ops::region(*operand.access, group[i - 1]),
                                  ops::region(*operand.access, group[i]), have_same_extents);
      });
      if (!are_alike) ++runs;
    }
    return runs;
  }

  /// Those of the kernel on a piece; nullopt if it does not take it. Pieces that take as much of
  /// everything are alike.
  std::optional<double> piece_cycles(const Box& box) {
    std::vector<int64_t> extents = {ops::starts_chains(near_.space(), box) ? 1 : 0};
    for (const Range& range : box) extents.push_back(range.extent());
    for (const NearOperand& operand : near_.all())
      for (const Range& range : ops::region(*operand.access, box))
        extents.push_back(range.extent());
    const auto [known, is_new] = cycles_of_extents_.try_emplace(std::move(extents));
    if (!is_new) return known->second;
    const Launch piece = near_.near_piece(box);
    if (can_call(piece)) known->second = kernel_cycles(piece);
    return known->second;
  }

  [[nodiscard]] double kernel_cycles(const Launch& launch) const {
    return fastest_cycles(launch, chip_, *table_,
                          [&](BufferId buffer) { return near_.is_far(buffer); });
  }

  const NearOperands& near_;
  const chip::Chip& chip_;
  const Launch& launch_;
  bool is_in_loop_;
  int64_t room_;
  const CycleTable* table_ = nullptr;
  std::set<size_t> kept_;
  std::optional<TileChoice> best_;
  std::map<std::vector<int64_t>, std::optional<double>> cycles_of_extents_;
};

}  // namespace

Bytes TileSlot::bytes() const {
  return {depth * align_up({elements * ir::kElementBytes}, kAlignment).count};
}

std::vector<BufferId> add_parts(const TileSlot& slot, BufferId far, LevelId near,
                                SourceRange origin, IdVector<BufferId, Buffer>& buffers) {
  const Buffer buffer = {.type = {.dtype = buffers[far].type.dtype, .dims = {slot.elements}},
                         .kind = BufferKind::temporary,
                         .level = near,
                         .variable = std::nullopt,
                         .alias = std::nullopt,
                         .name = buffers[far].name + " (tile)",
                         .origin = origin};
  std::vector<BufferId> parts;
  for (int64_t part = 0; part < slot.depth; ++part) parts.push_back(buffers.push_back(buffer));
  return parts;
}

bool TileChoice::is_whole() const {
  return groups.size() == 1 && groups.front().size() == 1;
}

std::optional<TileChoice> choose_tiles(const NearOperands& near, const chip::Chip& chip, Bytes room,
                                       const CycleTable& table, const std::set<size_t>& kept) {
  if (near.all().empty()) return std::nullopt;
  return Chooser(near, chip, room).cheapest(table, kept);
}

std::optional<Bytes> bytes_of_smallest_tiles(const NearOperands& near, const chip::Chip& chip,
                                             Bytes room) {
  if (near.all().empty()) return std::nullopt;
  const std::optional<int64_t> bytes = Chooser(near, chip, room).bytes_that_do_not_fit();
  if (!bytes) return std::nullopt;
  return Bytes{*bytes};
}

}  // namespace tdc::schedule
