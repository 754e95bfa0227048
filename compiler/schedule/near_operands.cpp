#include "schedule/near_operands.h"

#include <algorithm>
#include <set>

#include "ops/bind.h"
#include "ops/registry.h"
#include "schedule/aliases.h"
#include "schedule/relocate.h"
#include "schedule/transfers.h"
#include "schedule/uses.h"

namespace tdc::schedule {
namespace {

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

}  // namespace

Bytes room_in_stretch(const Schedule& schedule, const chip::Chip& chip,
                      const IdVector<BufferId, BufferId>& roots, const EntryPoint& entry_point,
                      const Stretch& stretch) {
  std::set<BufferId> near;
  for (size_t at = stretch.first; at < stretch.end; ++at)
    visit_views(entry_point.steps[at], [&](const View& view, bool) {
      const BufferId root = roots[view.buffer];
      if (is_near(schedule, chip, root)) near.insert(root);
    });
  Bytes room = chip.levels[chip.scratchpad->level].room();
  for (const BufferId root : near)
    room = room - align_up(ir::byte_size(schedule.buffers[root].type), kAlignment);
  return room;
}

NearOperands::NearOperands(const Schedule& schedule, const chip::Chip& chip,
                           const IdVector<BufferId, BufferId>& roots, const Launch& launch)
    : schedule_(schedule),
      chip_(chip),
      roots_(roots),
      launch_(launch),
      space_(launch.op->space(launch.call)) {
  find_operands();
}

void NearOperands::find_operands() {
  std::vector<std::optional<size_t>> slot_of_output(launch_.outputs.size());
  for (size_t i = 0; i < launch_.outputs.size(); ++i)
    if (can_move(launch_.outputs[i], space_.outputs[i])) {
      slot_of_output[i] = slots_;
      operands_.push_back(
          {.index = i, .is_output = true, .access = &space_.outputs[i], .slot = slots_++});
    }
  for (size_t i = 0; i < launch_.inputs.size(); ++i) {
    if (!launch_.inputs[i] || !can_move(*launch_.inputs[i], *space_.inputs[i])) continue;
    NearOperand operand = {.index = i, .access = &*space_.inputs[i], .slot = slots_};
    bool stays = false;  // with a result that does
    for (size_t o = 0; o < launch_.outputs.size(); ++o) {
      if (!is_same_memory(*launch_.inputs[i], launch_.outputs[o], roots_)) continue;
      stays = !slot_of_output[o];
      operand.slot = slot_of_output[o].value_or(slots_);
    }
    if (stays) continue;
    operand.is_brought =
        static_cast<int>(i) == launch_.op->accumulator ||
        std::ranges::any_of(operands_, [&](const NearOperand& other) {
          return !other.is_output && other.slot == operand.slot && operand.slot != slots_;
        });
    if (operand.slot == slots_) ++slots_;
    operands_.push_back(operand);
  }
}

bool NearOperands::can_move(const View& view, const ops::Access& access) const {
  if (access.is_indexed || is_near(schedule_, chip_, view.buffer)) return false;
  const std::optional<Packing> packing = pack(view);
  return packing && packing->elements > 1;
}

int64_t NearOperands::elements_of(const NearOperand& operand, const ops::Box& box) const {
  const ops::Region region = ops::region(*operand.access, box);
  const View& view = view_of(launch_, operand);
  int64_t elements = 1;
  for (size_t i = 0; i < region.size(); ++i)
    if (view.stride[i] != 0) elements *= region[i].extent();
  return elements;
}

LevelId NearOperands::level_of(const NearOperand& operand) const {
  return schedule_.buffers[view_of(launch_, operand).buffer].level;
}

bool NearOperands::is_stationary(const NearOperand& operand, const std::vector<ops::Box>& boxes) {
  const ops::Region first = ops::region(*operand.access, boxes.front());
  return std::ranges::all_of(
      boxes, [&](const ops::Box& box) { return ops::region(*operand.access, box) == first; });
}

bool NearOperands::is_far(BufferId buffer) const {
  return buffer.is_valid() && !is_near(schedule_, chip_, buffer);
}

const View& NearOperands::view_of(const Launch& piece, const NearOperand& operand) {
  return operand.is_output ? piece.outputs[operand.index] : *piece.inputs[operand.index];
}

View& NearOperands::view_of(Launch& piece, const NearOperand& operand) {
  return operand.is_output ? piece.outputs[operand.index] : *piece.inputs[operand.index];
}

Launch NearOperands::piece(const ops::Box& box) const {
  return piece_of(launch_, space_, box);
}

Launch NearOperands::near_piece(const ops::Box& box) const {
  Launch near = piece(box);
  for (const NearOperand& operand : operands_) {
    View& view = view_of(near, operand);
    view.stride = pack(view)->stride;
    view = with_plain_strides(std::move(view));
    view.offset = 0;
    view.buffer = BufferId();
  }
  return near;
}

Copy NearOperands::transfer_of(const View& far, BufferId buffer, bool is_back,
                               TicketId ticket) const {
  const Packing packing = pack(far).value();
  View away = {
      .buffer = far.buffer, .offset = far.offset, .extent = packing.extent, .stride = packing.far};
  View here = {.buffer = buffer, .offset = 0, .extent = packing.extent, .stride = packing.near};
  if (is_back) std::swap(away, here);
  return {.to = std::move(here),
          .from = std::move(away),
          .ticket = ticket,
          .context = {.phase = launch_.context.phase,
                      .origin = launch_.context.origin,
                      .turns = {},
                      .loop_turn = std::nullopt}};
}

}  // namespace tdc::schedule
