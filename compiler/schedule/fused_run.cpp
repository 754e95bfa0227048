#include "schedule/fused_run.h"

#include <algorithm>
#include <array>
#include <map>

#include "ops/op.h"
#include "schedule/aliases.h"
#include "schedule/cut_axes.h"
#include "schedule/engine.h"
#include "schedule/transfers.h"
#include "schedule/uses.h"

namespace tdc::schedule {
namespace {

using ops::Box;
using ops::Range;

/// More pieces than this cost more than they bring.
constexpr int64_t kMostPieces = 64;

/// So many lengths of pieces that fit are compared for each axis.
constexpr int kMostLengths = 4;

/// The position in `near.all()` of an operand, if it is brought.
std::optional<size_t> position_of(const NearOperands& near, bool is_output, size_t index) {
  for (size_t i = 0; i < near.all().size(); ++i)
    if (near.all()[i].is_output == is_output && near.all()[i].index == index) return i;
  return std::nullopt;
}

/// The one input that is all that the launch before makes, as it lies.
std::optional<size_t> find_link(const NearOperands& near, const Launch& before,
                                const IdVector<BufferId, BufferId>& roots) {
  if (before.outputs.size() != 1) return std::nullopt;
  const View& made = before.outputs.front();
  std::optional<size_t> link;
  for (size_t i = 0; i < near.launch().inputs.size(); ++i) {
    const std::optional<View>& input = near.launch().inputs[i];
    if (!input || roots[input->buffer] != roots[made.buffer]) continue;
    if (link || !is_same_memory(*input, made, roots)) return std::nullopt;
    link = position_of(near, /*is_output=*/false, i);
    if (!link) return std::nullopt;
  }
  return link;
}

/// Whether pieces take as much of everything, as it lies near.
bool are_alike(const Launch& a, const Launch& b) {
  const auto same = [](const View& x, const View& y) {
    return x.extent == y.extent && x.stride == y.stride;
  };
  for (size_t i = 0; i < a.inputs.size(); ++i)
    if (a.inputs[i] && !same(*a.inputs[i], *b.inputs[i])) return false;
  return std::ranges::equal(a.outputs, b.outputs, same);
}

}  // namespace

std::optional<FusedRun> FusedRun::make(const Schedule& schedule, const chip::Chip& chip,
                                       const IdVector<BufferId, BufferId>& roots,
                                       const std::vector<Member>& members) {
  FusedRun run(chip);
  for (const Member& member : members) {
    const NearOperands& near = *member.near;
    Stage stage = {.near = member.near, .is_dead = member.is_dead, .slots = {}, .link = {}};
    std::vector<std::optional<size_t>> slots(near.slots());
    if (!run.stages_.empty()) {
      const Stage& before = run.stages_.back();
      stage.link = find_link(near, before.near->launch(), roots);
      const auto made = position_of(*before.near, /*is_output=*/true, 0);
      if (!stage.link || !made) return std::nullopt;
      slots[near.all()[*stage.link].slot] = before.slots[before.near->all()[*made].slot];
    }
    for (const std::optional<size_t>& slot : slots)
      stage.slots.push_back(slot ? *slot : run.slots_++);
    run.stages_.push_back(std::move(stage));
  }

  // Everything that is touched, and the slot that it has near.
  struct Touched {
    const View* view;
    std::optional<size_t> slot;
    bool is_written = false;
  };
  std::vector<Touched> all;
  for (const Stage& stage : run.stages_) {
    const Launch& launch = stage.near->launch();
    const auto add = [&](const View& view, bool is_output, size_t index) {
      const auto at = position_of(*stage.near, is_output, index);
      Touched touched = {.view = &view, .slot = {}, .is_written = is_output};
      if (at) touched.slot = stage.slots[stage.near->all()[*at].slot];
      all.push_back(touched);
    };
    for (size_t i = 0; i < launch.inputs.size(); ++i)
      if (launch.inputs[i]) add(*launch.inputs[i], false, i);
    for (size_t i = 0; i < launch.outputs.size(); ++i) add(launch.outputs[i], true, i);
  }
  for (const Touched& each : all) {
    // What is not brought is read only, where cores reach it.
    if (!each.slot &&
        (each.is_written || chip.streams_from(schedule.buffers[each.view->buffer].level)))
      return std::nullopt;
    if (!each.is_written) continue;
    for (const Touched& other : all)
      if (roots[other.view->buffer] == roots[each.view->buffer] && other.slot != each.slot)
        return std::nullopt;
  }
  // A result whose place is filled again belongs to one member.
  for (size_t i = 0; i < run.stages_.size(); ++i)
    for (size_t at = 0; at < run.stages_[i].near->all().size(); ++at) {
      const auto writer =
          run.last_writer(run.stages_[i].slots[run.stages_[i].near->all()[at].slot]);
      if (run.is_brought(i, at) && writer && writer != i) return std::nullopt;
    }
  return run;
}

std::optional<size_t> FusedRun::last_writer(size_t slot) const {
  for (size_t stage = stages_.size(); stage-- > 0;)
    for (const NearOperand& operand : stages_[stage].near->all())
      if (operand.is_output && stages_[stage].slots[operand.slot] == slot) return stage;
  return std::nullopt;
}

bool FusedRun::is_brought(size_t stage, size_t operand) const {
  const Stage& all = stages_[stage];
  const NearOperand& each = all.near->all()[operand];
  if (!each.is_output) return !each.is_brought && operand != all.link;
  const int accumulator = all.near->launch().op->accumulator;
  const bool is_handed_on =
      all.link && static_cast<int>(all.near->all()[*all.link].index) == accumulator;
  return each.index == 0 && !is_handed_on && kernel_call(all.near->launch()).continues;
}

bool FusedRun::goes_back(size_t stage, size_t operand) const {
  const NearOperand& each = stages_[stage].near->all()[operand];
  return each.is_output && !stages_[stage].is_dead &&
         last_writer(stages_[stage].slots[each.slot]) == stage;
}

/// Tries cuts of a run.
class FusedChooser {
 public:
  FusedChooser(const FusedRun& run, Bytes room, const CycleTable& table)
      : run_(run), room_(room.count), table_(table) {}

  std::optional<FusedChoice> cheapest() {
    const FusedRun::Stage& last = run_.stages_.back();
    for (size_t axis = 0; axis < last.near->space().axes.size(); ++axis)
      if (follow(axis)) try_lengths();
    return std::move(best_);
  }

 private:
  using Stage = FusedRun::Stage;

  /// The axis that is cut, of each member; false if a cut of the last does not reach the first.
  bool follow(size_t axis) {
    axes_.assign(run_.stages_.size(), axis);
    if (run_.stages_.back().near->space().axes[axis].kind != ops::AxisKind::parallel) return false;
    for (size_t i = run_.stages_.size() - 1; i > 0; --i) {
      const Stage& stage = run_.stages_[i];
      const ops::Access& access = *stage.near->all()[*stage.link].access;
      const auto dimension = dimension_along(access, axes_[i]);
      if (access.is_indexed || !dimension) return false;
      const auto before = axis_of_dimension(run_.stages_[i - 1].near->space(), *dimension);
      if (!before) return false;
      axes_[i - 1] = *before;
    }
    return true;
  }

  void try_lengths() {
    const int64_t extent = run_.stages_.back().near->launch().box[axes_.back()].extent();
    int fitting = 0;
    for (int64_t pieces = 2; pieces <= std::min(extent, kMostPieces) && fitting < kMostLengths;
         ++pieces) {
      const int64_t length = extent / pieces;
      if (extent % pieces != 0 || (length > ops::kBlock && length % ops::kBlock != 0)) continue;
      if (consider(pieces, length)) ++fitting;
    }
  }

  /// Whether equal pieces can be computed and fit; the cheapest are kept.
  bool consider(int64_t pieces, int64_t length) {
    FusedChoice choice = {
        .boxes = std::vector<std::vector<Box>>(run_.stages_.size()), .slots = {}, .on_engine = {}};
    for (int64_t piece = 0; piece < pieces; ++piece)
      if (!add_boxes(piece * length, length, choice.boxes)) return false;
    for (size_t i = 0; i < run_.stages_.size(); ++i) {
      const Range whole = run_.stages_[i].near->launch().box[axes_[i]];
      if (choice.boxes[i].front()[axes_[i]].begin != whole.begin ||
          choice.boxes[i].back()[axes_[i]].end != whole.end)
        return false;
    }
    firsts_.clear();
    for (size_t i = 0; i < run_.stages_.size(); ++i)
      firsts_.push_back(run_.stages_[i].near->near_piece(choice.boxes[i].front()));
    if (!find_slots(choice) || !fits(choice) || !can_compute(choice)) return false;
    choose_engine(choice);
    set_depths(choice);
    if (!fits(choice)) return false;
    choice.cycles = cycles_of(choice);
    if (best_ && choice.cycles >= best_->cycles) return true;
    if (!hands_on(choice)) return false;
    best_ = std::move(choice);
    return true;
  }

  [[nodiscard]] bool fits(const FusedChoice& choice) const {
    int64_t bytes = 0;
    for (const TileSlot& slot : choice.slots) bytes += slot.bytes().count;
    return bytes <= room_;
  }

  /// The boxes of the next piece: of the last member so many indices, of the others what they make
  /// for it, which are what they make next.
  bool add_boxes(int64_t begin, int64_t length, std::vector<std::vector<Box>>& boxes) const {
    const int64_t first = run_.stages_.back().near->launch().box[axes_.back()].begin;
    Range range = {first + begin, first + begin + length};
    for (size_t i = run_.stages_.size(); i-- > 0;) {
      const Stage& stage = run_.stages_[i];
      Box box = stage.near->launch().box;
      box[axes_[i]] = range;
      const bool follows = boxes[i].empty() || boxes[i].back()[axes_[i]].end == range.begin;
      if (!follows || range.extent() < 1 || ops::cut_problem(stage.near->space(), box) ||
          !ops::starts_chains(stage.near->space(), box))
        return false;
      boxes[i].push_back(box);
      if (i == 0) return true;
      const ops::Access& access = *stage.near->all()[*stage.link].access;
      range = ops::region(access, box)[*dimension_along(access, axes_[i])];
    }
    return true;
  }

  /// Kernels take the first pieces, and each piece makes elements of its own.
  [[nodiscard]] bool can_compute(const FusedChoice& choice) const {
    for (size_t i = 0; i < run_.stages_.size(); ++i) {
      for (const NearOperand& operand : run_.stages_[i].near->all())
        if (operand.is_output && NearOperands::is_stationary(operand, choice.boxes[i]))
          return false;
      if (!can_call(firsts_[i])) return false;
    }
    return true;
  }

  /// What members hand on is what the next ones take, and pieces are alike.
  [[nodiscard]] bool hands_on(const FusedChoice& choice) const {
    for (size_t piece = 0; piece < choice.pieces(); ++piece) {
      std::optional<Launch> before;
      for (size_t i = 0; i < run_.stages_.size(); ++i) {
        const Stage& stage = run_.stages_[i];
        Launch far = stage.near->piece(choice.boxes[i][piece]);
        if (i > 0) {
          const View& taken = NearOperands::view_of(far, stage.near->all()[*stage.link]);
          const View& made = before->outputs.front();
          if (taken.offset != made.offset || taken.extent != made.extent ||
              taken.stride != made.stride)
            return false;
        }
        if (!are_alike(stage.near->near_piece(choice.boxes[i][piece]), firsts_[i])) return false;
        before = std::move(far);
      }
    }
    return true;
  }

  /// Elements of each slot; what is the same for all pieces is nothing that a member changes.
  bool find_slots(FusedChoice& choice) {
    choice.slots.assign(run_.slots_, {});
    is_stationary_.assign(run_.slots_, true);
    for (size_t i = 0; i < run_.stages_.size(); ++i)
      for (const NearOperand& operand : run_.stages_[i].near->all()) {
        const size_t slot = run_.stages_[i].slots[operand.slot];
        int64_t& elements = choice.slots[slot].elements;
        elements =
            std::max(elements, run_.stages_[i].near->elements_of(operand, choice.boxes[i].front()));
        if (!NearOperands::is_stationary(operand, choice.boxes[i])) is_stationary_[slot] = false;
      }
    for (size_t i = 0; i < run_.stages_.size(); ++i)
      for (const NearOperand& operand : run_.stages_[i].near->all())
        if (NearOperands::is_stationary(operand, choice.boxes[i]) !=
            is_stationary_[run_.stages_[i].slots[operand.slot]])
          return false;
    return true;
  }

  [[nodiscard]] double on_cores(size_t i) const {
    const NearOperands& near = *run_.stages_[i].near;
    return table_.cycles(work_of(firsts_[i], run_.chip_->cores,
                                 [&](BufferId buffer) { return near.is_far(buffer); }),
                         *run_.chip_);
  }

  /// Cycles of the first piece of a member on the engine; nullopt if the cores are as fast.
  [[nodiscard]] std::optional<double> cycles_on_engine(size_t i) const {
    const NearOperands& near = *run_.stages_[i].near;
    return cycles_if_offloaded(firsts_[i], *run_.chip_, table_,
                               [&](BufferId buffer) { return near.is_far(buffer); });
  }

  /// Of the members that the engine computes the longest runs beside the cores, if it is one call
  /// that does not go on with what is brought; the cores wait for the others (`offload`).
  void choose_engine(FusedChoice& choice) const {
    double most = 0;
    for (size_t i = 0; i < run_.stages_.size(); ++i) {
      const std::optional<double> cycles = cycles_on_engine(i);
      if (!cycles || *cycles <= most || kernel_call_count(firsts_[i]) > 1 ||
          kernel_call(firsts_[i]).continues)
        continue;
      most = *cycles;
      choice.on_engine = i;
    }
  }

  /// Two parts for what is moved beside the work, and for what the engine works on beside the
  /// cores.
  void set_depths(FusedChoice& choice) const {
    for (size_t i = 0; i < run_.stages_.size(); ++i)
      for (size_t at = 0; at < run_.stages_[i].near->all().size(); ++at) {
        const size_t slot = run_.stages_[i].slots[run_.stages_[i].near->all()[at].slot];
        const bool is_moved = run_.is_brought(i, at) || run_.goes_back(i, at);
        if (!is_stationary_[slot] && (is_moved || choice.on_engine == i))
          choice.slots[slot].depth = 2;
      }
  }

  [[nodiscard]] double cycles_of(const FusedChoice& choice) const {
    enum Channel : uint8_t { kIn, kOut, kStreamed, kChannels };
    const auto pieces = static_cast<double>(choice.pieces());
    std::array<double, kChannels> moving = {};
    double cores = 0, engine = 0;
    double once = static_cast<double>(kStartsOfRun * run_.chip_->scratchpad->transfer);
    double first = 0, last = 0;
    for (size_t i = 0; i < run_.stages_.size(); ++i) {
      const NearOperands& near = *run_.stages_[i].near;
      const Launch piece = near.piece(choice.boxes[i].front());
      const std::optional<double> on_engine = cycles_on_engine(i);
      engine += on_engine.value_or(0);
      if (choice.on_engine == i)
        cores += std::min(*on_engine, static_cast<double>(run_.chip_->engine->launch));
      else
        cores += on_engine ? *on_engine : on_cores(i);
      for (size_t at = 0; at < near.all().size(); ++at) {
        const NearOperand& operand = near.all()[at];
        const LevelId level = near.level_of(operand);
        for (const bool is_back : {false, true}) {
          if (!(is_back ? run_.goes_back(i, at) : run_.is_brought(i, at))) continue;
          const TransferCycles cycles = transfer_cycles(
              near.transfer_of(NearOperands::view_of(piece, operand), BufferId(), is_back, {}),
              run_.chip_->transfers_with(level));
          if (is_stationary_[run_.stages_[i].slots[operand.slot]]) {
            once += cycles.starts + cycles.moving;
            continue;
          }
          cores += cycles.starts;
          const Channel channel = run_.chip_->streams_from(level) ? kStreamed
                                  : is_back                       ? kOut
                                                                  : kIn;
          moving.at(channel) += cycles.moving;
          if (is_back)
            last = std::max(last, cycles.moving);
          else if (!choice.on_engine || i <= *choice.on_engine)
            first += cycles.moving;
        }
      }
    }
    const double turn = std::max({cores, engine, *std::ranges::max_element(moving)});
    if (!choice.on_engine) return once + first + pieces * turn + last;
    return once + first + engine + (pieces - 1) * turn + cores + last;
  }

  const FusedRun& run_;
  int64_t room_;
  const CycleTable& table_;
  std::vector<size_t> axes_;         // that is cut, of each member
  std::vector<Launch> firsts_;       // the first pieces, with operands near
  std::vector<bool> is_stationary_;  // slots
  std::optional<FusedChoice> best_;
};

/// Writes the steps of a run. Turn t has piece t of the members up to that on the engine, and piece
/// t - 1 of those behind it; a job is waited for in the turn behind its start.
class FusedWriter {
 public:
  FusedWriter(const FusedRun& run, const FusedChoice& choice, IdVector<BufferId, Buffer>& buffers,
              IdVector<LoopId, Loop>& loops)
      : run_(run), choice_(choice), pieces_(static_cast<int64_t>(choice.pieces())) {
    const StepContext& context = run.stages_.front().near->launch().context;
    for (size_t slot = 0; slot < run.slots_; ++slot)
      parts_.push_back(add_parts(choice.slots[slot], far_of(slot), run.chip_->scratchpad->level,
                                 context.origin, buffers));
    loop_ = loops.push_back({.kind = Loop::Kind::tiles, .origin = context.origin});
    for (size_t i = 0; i < run.stages_.size(); ++i)
      for (size_t at = 0; at < run.stages_[i].near->all().size(); ++at) add_move(i, at);
    if (choice.on_engine) job_ = next_ticket();
  }

  std::vector<Step> write() {
    for (const Move& move : moves_)
      if (move.is_once) steps_.emplace_back(copy_of(move, 0));
    for (const Move& move : moves_)
      if (!move.is_once && !move.is_back && lag(move.stage) == 0)
        steps_.emplace_back(copy_of(move, 0));
    for (const Move& move : moves_)
      if (move.is_once) steps_.emplace_back(wait_for(move));
    const int64_t turns = pieces_ + (choice_.on_engine ? 1 : 0);
    for (int64_t turn = 0; turn < turns; ++turn) {
      mark_ = {.loop = loop_, .turn = turn};
      for (size_t i = 0; i < run_.stages_.size(); ++i)
        if (choice_.on_engine == i)
          write_job(i, turn);
        else
          write_launch(i, turn - lag(i));
    }
    for (const Move& move : moves_)
      if (move.is_back && awaited_[move.ticket] < pieces_) steps_.emplace_back(wait_for(move));
    return std::move(steps_);
  }

 private:
  /// A transfer of each piece, or of what all pieces share.
  struct Move {
    size_t stage = 0, operand = 0;
    bool is_back = false, is_once = false;
    /// Of what goes back: the next piece but one is brought to where it lies.
    bool is_refilled = false;
    /// Of what the job reads and is brought for it or before it, and of what goes back from where
    /// the job writes.
    bool meets_job = false;
    TicketId ticket;
  };

  TicketId next_ticket() { return TicketId{tickets_++}; }

  [[nodiscard]] const NearOperand& operand_of(const Move& move) const {
    return run_.stages_[move.stage].near->all()[move.operand];
  }

  /// A buffer that has the slot where tensors lie.
  [[nodiscard]] BufferId far_of(size_t slot) const {
    for (const FusedRun::Stage& stage : run_.stages_)
      for (const NearOperand& operand : stage.near->all())
        if (stage.slots[operand.slot] == slot)
          return NearOperands::view_of(stage.near->launch(), operand).buffer;
    return {};
  }

  void add_move(size_t stage, size_t at) {
    const NearOperands& near = *run_.stages_[stage].near;
    const NearOperand& operand = near.all()[at];
    const bool is_once = NearOperands::is_stationary(operand, choice_.boxes[stage]);
    const size_t slot = run_.stages_[stage].slots[operand.slot];
    if (run_.is_brought(stage, at))
      moves_.push_back({.stage = stage,
                        .operand = at,
                        .is_once = is_once,
                        .meets_job = lag(stage) == 0 && is_of_job(slot),
                        .ticket = next_ticket()});
    if (!run_.goes_back(stage, at)) return;
    bool is_refilled = false;
    for (size_t other = 0; other < near.all().size(); ++other)
      is_refilled =
          is_refilled || (near.all()[other].slot == operand.slot && run_.is_brought(stage, other));
    moves_.push_back(
        {.stage = stage,
         .operand = at,
         .is_back = true,
         .is_refilled = is_refilled,
         .meets_job = choice_.on_engine && stage >= *choice_.on_engine && is_of_job(slot),
         .ticket = next_ticket()});
  }

  /// Whether the engine touches a slot.
  [[nodiscard]] bool is_of_job(size_t slot) const {
    if (!choice_.on_engine) return false;
    return std::ranges::count(run_.stages_[*choice_.on_engine].slots, slot) > 0;
  }

  [[nodiscard]] int64_t lag(size_t stage) const {
    return choice_.on_engine && stage > *choice_.on_engine ? 1 : 0;
  }

  [[nodiscard]] BufferId part_of(size_t slot, int64_t piece) const {
    return parts_[slot][static_cast<size_t>(piece) % parts_[slot].size()];
  }

  [[nodiscard]] Copy copy_of(const Move& move, int64_t piece) const {
    const FusedRun::Stage& stage = run_.stages_[move.stage];
    const Launch far = stage.near->piece(choice_.boxes[move.stage][static_cast<size_t>(piece)]);
    const NearOperand& operand = operand_of(move);
    return stage.near->transfer_of(NearOperands::view_of(far, operand),
                                   part_of(stage.slots[operand.slot], piece), move.is_back,
                                   move.ticket);
  }

  [[nodiscard]] Wait wait_for(const Move& move) const {
    const StepContext& context = run_.stages_[move.stage].near->launch().context;
    return {.ticket = move.ticket,
            .context = {.phase = context.phase, .origin = context.origin, .turns = {}}};
  }

  [[nodiscard]] Launch launch_of(size_t stage, int64_t piece) const {
    const NearOperands& near = *run_.stages_[stage].near;
    Launch launch = near.near_piece(choice_.boxes[stage][static_cast<size_t>(piece)]);
    for (const NearOperand& operand : near.all())
      NearOperands::view_of(launch, operand).buffer =
          part_of(run_.stages_[stage].slots[operand.slot], piece);
    return launch;
  }

  /// Adds the step of a piece at the next place of the turn, if there is such a piece.
  template <typename Make>
  void add(int64_t piece, const Make& make) {
    if (piece >= 0 && piece < pieces_) {
      Step step = make(piece);
      set_loop_turn(step, mark_);
      steps_.push_back(std::move(step));
    }
    ++mark_.place;
  }

  void bring(const Move& move, int64_t piece) {
    add(piece, [&](int64_t p) { return copy_of(move, p); });
  }
  void await(const Move& move, int64_t piece) {
    add(piece, [&](int64_t p) {
      awaited_[move.ticket] = p + 1;
      return wait_for(move);
    });
  }

  template <typename Visit>
  void for_each_move(size_t stage, bool is_back, const Visit& visit) {
    for (const Move& move : moves_)
      if (move.stage == stage && move.is_back == is_back && !move.is_once) visit(move);
  }

  /// The cores compute a piece. The operands of the next one come, and results go, beside it.
  void write_launch(size_t stage, int64_t piece) {
    for_each_move(stage, false, [&](const Move& move) { await(move, piece); });
    for_each_move(stage, true, [&](const Move& move) {
      if (move.is_refilled) await(move, piece - 1);
    });
    for_each_move(stage, false, [&](const Move& move) {
      if (!move.meets_job) bring(move, piece + 1);
    });
    add(piece, [&](int64_t p) { return launch_of(stage, p); });
    for_each_move(stage, true, [&](const Move& move) {
      if (!move.is_refilled && !move.meets_job) await(move, piece - 1);
    });
    for_each_move(stage, true, [&](const Move& move) { bring(move, piece); });
  }

  /// The engine starts with a piece when that before it is complete, and when what was where it
  /// writes is away. What comes to where it has read comes then.
  void write_job(size_t stage, int64_t piece) {
    for_each_move(stage, false, [&](const Move& move) { await(move, piece); });
    add(piece - 1, [&](int64_t) {
      return Wait{.ticket = job_, .context = run_.stages_[stage].near->launch().context};
    });
    for (size_t i = stage; i < run_.stages_.size(); ++i)
      for_each_move(i, true, [&](const Move& move) {
        if (move.meets_job) await(move, piece - 2);
      });
    add(piece, [&](int64_t p) {
      Launch launch = launch_of(stage, p);
      launch.is_on_engine = true;
      launch.ticket = job_;
      return launch;
    });
    for_each_move(stage, true, [&](const Move& move) { bring(move, piece - 1); });
    for (size_t i = 0; i <= stage; ++i)
      for_each_move(i, false, [&](const Move& move) {
        if (move.meets_job) bring(move, piece + 1);
      });
  }

  const FusedRun& run_;
  const FusedChoice& choice_;
  int64_t pieces_;
  std::vector<std::vector<BufferId>> parts_;  // of each slot
  std::vector<Move> moves_;
  LoopId loop_;
  TicketId job_;
  uint32_t tickets_ = 0;
  LoopTurn mark_;
  std::map<TicketId, int64_t> awaited_;  // pieces of a move that have been waited for
  std::vector<Step> steps_;
};

std::optional<FusedChoice> FusedRun::choose(Bytes room, const CycleTable& table) const {
  return FusedChooser(*this, room, table).cheapest();
}

std::vector<Step> FusedRun::write(const FusedChoice& choice, IdVector<BufferId, Buffer>& buffers,
                                  IdVector<LoopId, Loop>& loops) const {
  return FusedWriter(*this, choice, buffers, loops).write();
}

}  // namespace tdc::schedule
