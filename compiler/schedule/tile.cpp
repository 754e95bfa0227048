#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "schedule/aliases.h"
#include "schedule/kernel_call.h"
#include "schedule/loops.h"
#include "schedule/passes.h"
#include "schedule/tile_choice.h"
#include "schedule/turn_users.h"

namespace tdc::schedule {
namespace {

using ops::Box;

/// The memory near of a launch's slots: of each as many buffers as it has parts.
using SlotBuffers = std::vector<std::vector<BufferId>>;

SlotBuffers make_buffers(const NearOperands& near, const TileChoice& choice, const chip::Chip& chip,
                         IdVector<BufferId, Buffer>& buffers) {
  SlotBuffers result;
  for (size_t index = 0; index < near.slots(); ++index) {
    const auto operand = std::ranges::find(near.all(), index, &NearOperand::slot);
    result.push_back(add_parts(choice.slots[index],
                               NearOperands::view_of(near.launch(), *operand).buffer,
                               chip.scratchpad->level, near.launch().context.origin, buffers));
  }
  return result;
}

/// Writes the steps of a launch in pieces.
class TileWriter {
 public:
  /// New loops are pushed behind `loops`; null: pieces are written out one by one.
  TileWriter(const NearOperands& near, const TileChoice& choice, const SlotBuffers& buffers,
             IdVector<LoopId, Loop>* loops)
      : near_(near), choice_(choice), buffers_(buffers), launch_(near.launch()), loops_(loops) {}

  std::vector<Step> write() {
    for (const std::vector<Box>& group : choice_.groups) write_group(group);
    return std::move(steps_);
  }

 private:
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
      while (loops_ != nullptr && end < turns.size() && are_alike(turns[begin], turns[end])) ++end;
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
      loop = loops_->push_back({.kind = Loop::Kind::tiles, .origin = launch_.context.origin});
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
    return {.ticket = *copy.ticket, .context = copy.context};
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
      const size_t ticket = is_back ? near_.slots() + operand.slot : operand.slot;
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
  const TileChoice& choice_;
  const SlotBuffers& buffers_;
  const Launch& launch_;
  IdVector<LoopId, Loop>* loops_;
  std::vector<Step> steps_;
};

/// Brings the operands of the steps of an entry point.
class Tiler {
 public:
  Tiler(Schedule& schedule, const chip::Chip& chip, const CycleTable& table)
      : schedule_(schedule), chip_(chip), table_(table), roots_(alias_roots(schedule.buffers)) {}

  void run(EntryPoint& entry) {
    std::vector<Step> steps;
    for (const Stretch& stretch : stretches(entry)) {
      std::vector<Step> tiled;
      if (stretch.loop && schedule_.loops[*stretch.loop].kind == Loop::Kind::tiles)
        tiled.assign(entry.steps.begin() + static_cast<std::ptrdiff_t>(stretch.first),
                     entry.steps.begin() + static_cast<std::ptrdiff_t>(stretch.end));
      else
        tiled = stretch.loop ? tile_loop(entry, stretch)
                             : tile_step(std::move(entry.steps[stretch.first]));
      steps.insert(steps.end(), std::make_move_iterator(tiled.begin()),
                   std::make_move_iterator(tiled.end()));
    }
    entry.steps = std::move(steps);
  }

 private:
  std::vector<Step> tile_step(Step step) {
    if (const auto* launch = std::get_if<Launch>(&step)) {
      const NearOperands near(schedule_, chip_, roots_, *launch);
      const Bytes room = chip_.levels[chip_.scratchpad->level].room();
      if (const std::optional<TileChoice> choice = choose_tiles(near, chip_, room, table_)) {
        const SlotBuffers buffers = make_buffers(near, *choice, chip_, schedule_.buffers);
        return TileWriter(near, *choice, buffers, &schedule_.loops).write();
      }
    }
    std::vector<Step> steps;
    steps.push_back(std::move(step));
    return steps;
  }

  /// What operands may take in a turn, and what those that stay near over all turns may.
  struct LoopRoom {
    Bytes all, kept;
  };

  /// The steps of a place, of each turn that has it. The last turn has all that the others have.
  using StepsOfTurns = std::vector<std::vector<Step>>;

  /// Each launch in the same pieces and the same memory near in all turns; places are counted anew.
  std::vector<Step> tile_loop(const EntryPoint& entry, const Stretch& loop) {
    const Bytes room = room_in_stretch(schedule_, chip_, roots_, entry, loop);
    LoopRoom left = {.all = room, .kept = {room.count / 2}};
    const std::map<BufferId, TurnUsers> users = users_in_turns(entry, loop, roots_);
    std::vector<std::vector<Step>> turns(loop.turns);
    int64_t first = 0;  // place of what the steps of a place become
    for (size_t place = 0; place < loop.body; ++place) {
      const TurnRange range = turns_at(loop, place);
      std::optional<StepsOfTurns> tiled =
          tile_turns(in_turns<Launch>(entry, loop, place), place, users, left);
      if (!tiled) {
        tiled.emplace();
        for (size_t turn = range.begin; turn < range.end; ++turn)
          tiled->push_back({entry.steps[*loop.step(turn, place)]});
      }
      const int64_t count = std::ssize(tiled->back());
      for (size_t turn = range.begin; turn < range.end; ++turn) {
        std::vector<Step>& steps = (*tiled)[turn - range.begin];
        const std::vector<int64_t> places = *places_in(tiled->back(), steps);
        for (size_t i = 0; i < steps.size(); ++i) {
          set_loop_turn(steps[i], LoopTurn{.loop = *loop.loop,
                                           .turn = static_cast<int64_t>(turn),
                                           .place = first + places[i]});
          turns[turn].push_back(std::move(steps[i]));
        }
      }
      first += count;
    }
    std::vector<Step> steps;
    for (std::vector<Step>& turn : turns) std::ranges::move(turn, std::back_inserter(steps));
    return steps;
  }

  /// The launches that stand at a place, brought as the last of them is: the first may start a sum
  /// with which the others go on. Nullopt if none is brought, or others need other steps.
  std::optional<StepsOfTurns> tile_turns(const std::vector<const Launch*>& turns, size_t place,
                                         const std::map<BufferId, TurnUsers>& users,
                                         LoopRoom& room) {
    if (turns.empty()) return std::nullopt;
    const NearOperands last(schedule_, chip_, roots_, *turns.back());
    const std::set<size_t> kept = kept_operands(last, turns, place, users, room.kept);
    const auto choice = choose_tiles(last, chip_, room.all, table_, kept);
    if (!choice) return std::nullopt;
    const size_t buffers_before = schedule_.buffers.size();
    const SlotBuffers buffers = make_buffers(last, *choice, chip_, schedule_.buffers);
    StepsOfTurns written;
    bool are_alike = true;
    for (const Launch* turn : turns) {
      const NearOperands near(schedule_, chip_, roots_, *turn);
      are_alike = are_alike && turn->box == last.launch().box &&
                  turn->call.outputs == last.launch().call.outputs && near.slots() == last.slots();
      if (are_alike) written.push_back(TileWriter(near, *choice, buffers, nullptr).write());
    }
    for (const std::vector<Step>& steps : written)
      are_alike = are_alike && places_in(written.back(), steps);
    if (!are_alike) {
      schedule_.buffers.resize(buffers_before);
      return std::nullopt;
    }
    for (const size_t i : kept) {
      if (choice->groups.size() > 1 ||
          !NearOperands::is_stationary(last.all()[i], choice->groups.front()))
        continue;
      const Bytes bytes = choice->slots[last.all()[i].slot].bytes();
      room = {.all = room.all - bytes, .kept = room.kept - bytes};
    }
    return written;
  }

  /// The operands that are the same in all turns and that nothing in the loop changes, and sums
  /// with which each turn goes on, while there is room for them: `hoist` moves them once.
  [[nodiscard]] std::set<size_t> kept_operands(const NearOperands& near,
                                               const std::vector<const Launch*>& turns,
                                               size_t place,
                                               const std::map<BufferId, TurnUsers>& users,
                                               Bytes room) const {
    std::set<size_t> kept;
    for (size_t i = 0; i < near.all().size(); ++i) {
      const NearOperand& operand = near.all()[i];
      const View& view = NearOperands::view_of(near.launch(), operand);
      const TurnUsers& others = users.at(roots_[view.buffer]);
      const bool is_kept = operand.is_output
                               ? operand.index == 0 && kernel_call(near.launch()).continues &&
                                     others.all == std::set{place}
                               : !operand.is_brought && others.writers.empty();
      if (!is_kept) continue;
      const bool is_same = std::ranges::all_of(turns, [&](const Launch* turn) {
        const bool has_operand = operand.is_output || turn->inputs[operand.index];
        return has_operand && is_same_memory(NearOperands::view_of(*turn, operand), view, roots_);
      });
      const Bytes bytes =
          align_up({near.elements_of(operand, near.launch().box) * ir::kElementBytes}, kAlignment);
      if (!is_same || bytes > room) continue;
      room = room - bytes;
      kept.insert(i);
    }
    return kept;
  }

  /// Which of the steps of one turn are those of another, in order; nullopt if not all of them are.
  static std::optional<std::vector<int64_t>> places_in(const std::vector<Step>& most,
                                                       const std::vector<Step>& steps) {
    std::vector<int64_t> places;
    for (size_t place = 0; place < most.size() && places.size() < steps.size(); ++place)
      if (are_turns_alike(most[place], steps[places.size()]))
        places.push_back(static_cast<int64_t>(place));
    if (places.size() < steps.size()) return std::nullopt;
    return places;
  }

  Schedule& schedule_;
  const chip::Chip& chip_;
  const CycleTable& table_;
  IdVector<BufferId, BufferId> roots_;  // of the buffers that were there before
};

}  // namespace

std::vector<TooLarge> too_large_for_scratchpad(const Schedule& schedule, const chip::Chip& chip) {
  std::vector<TooLarge> result;
  if (!chip.scratchpad) return result;
  const IdVector<BufferId, BufferId> roots = alias_roots(schedule.buffers);
  const Bytes room = chip.levels[chip.scratchpad->level].room();
  for (const EntryPoint& entry : schedule.entry_points)
    for (const Stretch& stretch : stretches(entry))
      for (size_t place = 0; place < stretch.body; ++place) {
        const std::vector<const Launch*> turns = in_turns<Launch>(entry, stretch, place);
        if (turns.empty()) continue;
        const NearOperands near(schedule, chip, roots, *turns.front());
        if (const std::optional<Bytes> bytes = bytes_of_smallest_tiles(near, chip, room))
          result.push_back({.entry_point = &entry, .launch = turns.front(), .bytes = *bytes});
      }
  return result;
}

Schedule tile(Schedule schedule, const chip::Chip& chip, const CycleTable& table) {
  if (!chip.scratchpad) return schedule;
  std::vector<EntryPoint> entries = std::move(schedule.entry_points);
  Tiler tiler(schedule, chip, table);
  for (EntryPoint& entry : entries) tiler.run(entry);
  schedule.entry_points = std::move(entries);
  return schedule;
}

}  // namespace tdc::schedule
