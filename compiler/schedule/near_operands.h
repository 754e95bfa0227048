#pragma once

// What of a launch can be brought to the chip's scratchpad, and how it lies there.

#include <optional>
#include <vector>

#include "chip/chip.h"
#include "ops/op.h"
#include "schedule/loops.h"
#include "schedule/schedule.h"
#include "support/units.h"

namespace tdc::schedule {

/// An operand that is brought to the scratchpad.
struct NearOperand {
  size_t index = 0;  ///< of the launch's inputs or outputs
  bool is_output = false;
  const ops::Access* access = nullptr;
  size_t slot = 0;  ///< memory that it has near, alone or with what is the same
  /// Another operand of the slot brings it: the output that goes on from it, or the same input.
  bool is_brought = false;
};

/// What operands may take of the scratchpad in a stretch, beside what lies there.
Bytes room_in_stretch(const Schedule& schedule, const chip::Chip& chip,
                      const IdVector<BufferId, BufferId>& roots, const EntryPoint& entry_point,
                      const Stretch& stretch);

/// The operands of a launch that are brought: those that no data chooses the elements of, that do
/// not lie near, and have more than one element. Near they lie densely, axes in the order in which
/// they lie far away, and what several indices share once.
class NearOperands {
 public:
  /// `roots` of the buffers (`alias_roots`); the chip has a scratchpad. All are kept.
  NearOperands(const Schedule& schedule, const chip::Chip& chip,
               const IdVector<BufferId, BufferId>& roots, const Launch& launch);
  NearOperands(const NearOperands&) = delete;

  /// Outputs first: operands that are updated in place share their slots.
  [[nodiscard]] const std::vector<NearOperand>& all() const { return operands_; }
  [[nodiscard]] size_t slots() const { return slots_; }
  [[nodiscard]] const Launch& launch() const { return launch_; }
  [[nodiscard]] const ops::Space& space() const { return space_; }

  /// The part of the launch that computes a box, where its operands lie.
  [[nodiscard]] Launch piece(const ops::Box& box) const;
  /// The same with the operands as they lie near, in buffers that are not there yet.
  [[nodiscard]] Launch near_piece(const ops::Box& box) const;
  /// An operand of a piece.
  static const View& view_of(const Launch& piece, const NearOperand& operand);
  static View& view_of(Launch& piece, const NearOperand& operand);

  /// What brings a view to a buffer near, or takes it back.
  [[nodiscard]] Copy transfer_of(const View& far, BufferId buffer, bool is_back,
                                 TicketId ticket) const;

  /// Elements of an operand that a box takes, each once.
  [[nodiscard]] int64_t elements_of(const NearOperand& operand, const ops::Box& box) const;
  /// Whether all boxes take the same elements of an operand.
  [[nodiscard]] static bool is_stationary(const NearOperand& operand,
                                          const std::vector<ops::Box>& boxes);
  /// Whether cores reach a buffer outside of the scratchpad; those of `near_piece` lie in it.
  [[nodiscard]] bool is_far(BufferId buffer) const;
  /// The level where an operand lies.
  [[nodiscard]] LevelId level_of(const NearOperand& operand) const;

 private:
  void find_operands();
  [[nodiscard]] bool can_move(const View& view, const ops::Access& access) const;

  const Schedule& schedule_;
  const chip::Chip& chip_;
  const IdVector<BufferId, BufferId>& roots_;
  const Launch& launch_;
  ops::Space space_;
  std::vector<NearOperand> operands_;
  size_t slots_ = 0;
};

}  // namespace tdc::schedule
