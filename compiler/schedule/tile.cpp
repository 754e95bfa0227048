#include <algorithm>
#include <iterator>
#include <optional>
#include <span>

#include "schedule/aliases.h"
#include "schedule/kernel_call.h"
#include "schedule/loops.h"
#include "schedule/passes.h"
#include "schedule/tile_choice.h"

namespace tdc::schedule {
namespace {

using ops::Box;

/// Writes the steps of a launch in pieces.
class TileWriter {
 public:
  /// New buffers and loops are `made` in the schedule itself.
  TileWriter(const NearOperands& near, const chip::Chip& chip, const TileChoice& choice,
             Schedule& made)
      : near_(near), chip_(chip), choice_(choice), launch_(near.launch()), made_(made) {}

  std::vector<Step> write() {
    make_buffers();
    for (const std::vector<Box>& group : choice_.groups) write_group(group);
    return std::move(steps_);
  }

 private:
  void make_buffers() {
    for (size_t index = 0; index < near_.slots(); ++index) {
      const auto operand = std::ranges::find(near_.all(), index, &NearOperand::slot);
      const BufferId far = NearOperands::view_of(launch_, *operand).buffer;
      const TileSlot& slot = choice_.slots[index];
      const Buffer near = {
          .type = {.dtype = made_.buffers[far].type.dtype, .dims = {slot.elements}},
          .kind = BufferKind::temporary,
          .level = chip_.scratchpad->level,
          .variable = std::nullopt,
          .alias = std::nullopt,
          .name = made_.buffers[far].name + " (tile)",
          .origin = launch_.context.origin};
      std::vector<BufferId>& parts = buffers_.emplace_back();
      for (int64_t part = 0; part < slot.depth; ++part)
        parts.push_back(made_.buffers.push_back(near));
    }
  }

  [[nodiscard]] BufferId buffer_of(const NearOperand& operand, size_t turn) const {
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
    for (const NearOperand& operand : near_.all())
      is_once.push_back(near_.is_stationary(operand, group));
    const Launch first = near_.piece(group.front());
    std::vector<Turn> turns;
    for (size_t turn = 0; turn < group.size(); ++turn) {
      const Launch piece = near_.piece(group[turn]);
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
      loop = made_.loops.push_back({.kind = Loop::Kind::tiles, .origin = launch_.context.origin});
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
        is_filled = is_filled || (turn.in[other] && near_.all()[other].slot == near_.all()[i].slot);
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
    Launch near = near_.near_piece(piece.box);
    for (const NearOperand& operand : near_.all())
      NearOperands::view_of(near, operand).buffer = buffer_of(operand, turn);
    return near;
  }

  /// What is brought for a piece, or taken back, of the operands that are moved once for all turns
  /// or of those that are moved in each.
  [[nodiscard]] std::vector<std::optional<Copy>> moves(const Launch& piece, size_t turn,
                                                       const std::vector<bool>& is_once, bool once,
                                                       bool is_back) const {
    std::vector<std::optional<Copy>> copies(near_.all().size());
    for (size_t i = 0; i < near_.all().size(); ++i) {
      const NearOperand& operand = near_.all()[i];
      const bool is_moved = is_back             ? operand.is_output
                            : operand.is_output ? goes_on(piece, operand)
                                                : !operand.is_brought;
      const View& far = NearOperands::view_of(piece, operand);
      if (is_once[i] != once || !is_moved || std::ranges::count(far.extent, 0) > 0) continue;
      const size_t ticket = is_back ? near_.all().size() + i : i;
      copies[i] = near_.transfer_of(far, buffer_of(operand, turn), is_back,
                                    {static_cast<uint32_t>(ticket)});
    }
    return copies;
  }

  /// Whether a piece goes on with what an output holds.
  static bool goes_on(const Launch& piece, const NearOperand& operand) {
    return operand.index == 0 && kernel_call(piece).continues;
  }

  const NearOperands& near_;
  const chip::Chip& chip_;
  const TileChoice& choice_;
  const Launch& launch_;
  Schedule& made_;
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
      const NearOperands near(schedule, chip, roots, *launch);
      if (const std::optional<Bytes> bytes = bytes_of_smallest_tiles(near, chip))
        result.push_back({.entry_point = &entry, .launch = launch, .bytes = *bytes});
    }
  return result;
}

Schedule tile(Schedule schedule, const chip::Chip& chip, const CycleTable& table) {
  if (!chip.scratchpad) return schedule;
  const IdVector<BufferId, BufferId> roots = alias_roots(schedule.buffers);
  for (EntryPoint& entry : schedule.entry_points) {
    std::vector<Step> steps;
    for (Step& step : entry.steps) {
      const auto* launch = std::get_if<Launch>(&step);
      std::vector<Step> tiled;
      if (launch != nullptr && !launch->context.loop_turn) {
        const NearOperands near(schedule, chip, roots, *launch);
        if (const std::optional<TileChoice> choice = choose_tiles(near, chip, table))
          tiled = TileWriter(near, chip, *choice, schedule).write();
      }
      if (tiled.empty()) tiled.push_back(std::move(step));
      steps.insert(steps.end(), std::make_move_iterator(tiled.begin()),
                   std::make_move_iterator(tiled.end()));
    }
    entry.steps = std::move(steps);
  }
  return schedule;
}

}  // namespace tdc::schedule
