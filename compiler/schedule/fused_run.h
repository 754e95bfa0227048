#pragma once

// Launches of which each takes what the one before makes, piece by piece through the scratchpad:
//
//     b1 = matmul(b0, w)      64 columns        turn t: transfer w columns of t -> b3; wait
//     b2 = relu(b1)                       ==>           b4 = matmul(b0, b3)
//                                                       b5 = relu(b4); transfer b5 -> b2 columns of
//                                                       t
//
// What is handed on stays near. On a chip with a matrix engine one of the launches that are the
// engine's runs beside the cores: it has a piece while these take what it has made of the one
// before.
//
//     turn        0      1      2      3            (three pieces)
//     engine      0      1      2
//     cores              0      1      2
//     DMA in     0 1     2
//     DMA out                   0      1   2

#include <memory>
#include <optional>
#include <vector>

#include "chip/chip.h"
#include "schedule/kernel_amounts.h"
#include "schedule/near_operands.h"
#include "schedule/schedule.h"
#include "schedule/tile_choice.h"

namespace tdc::schedule {

/// How a run goes through the scratchpad.
struct FusedChoice {
  std::vector<std::vector<ops::Box>> boxes;  ///< of each launch, of each piece
  std::vector<TileSlot> slots;               ///< of the run
  std::optional<size_t> on_engine;           ///< the launch that runs beside the cores
  double cycles = 0;                         ///< of the cores, until the last result is away

  [[nodiscard]] size_t pieces() const { return boxes.front().size(); }
};

class FusedRun {
 public:
  struct Member {
    std::shared_ptr<const NearOperands> near;
    bool is_dead = false;  ///< nobody but the next member reads what it makes; of the last: false
  };

  /// Nullopt if a member does not take what the one before makes as it lies, or touches what
  /// another one writes otherwise. `roots` of the buffers; schedule and chip are kept.
  static std::optional<FusedRun> make(const Schedule& schedule, const chip::Chip& chip,
                                      const IdVector<BufferId, BufferId>& roots,
                                      const std::vector<Member>& members);

  /// The cheapest of equal pieces along an axis of the last member, at least two; nullopt if there
  /// are none that kernels take and that fit `room`.
  [[nodiscard]] std::optional<FusedChoice> choose(Bytes room, const CycleTable& table) const;

  /// The steps of a choice: a loop, and what is moved before and behind it.
  [[nodiscard]] std::vector<Step> write(const FusedChoice& choice,
                                        IdVector<BufferId, Buffer>& buffers,
                                        IdVector<LoopId, Loop>& loops) const;

  /// A member with the slots of the run that its operands have.
  struct Stage {
    std::shared_ptr<const NearOperands> near;
    bool is_dead = false;
    std::vector<size_t> slots;   ///< of each of `near->slots()`
    std::optional<size_t> link;  ///< which of `near->all()` the member before hands on
  };

 private:
  friend class FusedChooser;
  friend class FusedWriter;
  explicit FusedRun(const chip::Chip& chip) : chip_(&chip) {}

  /// Whether an operand is brought for a piece, or goes back.
  [[nodiscard]] bool is_brought(size_t stage, size_t operand) const;
  [[nodiscard]] bool goes_back(size_t stage, size_t operand) const;
  /// The last member that writes a slot.
  [[nodiscard]] std::optional<size_t> last_writer(size_t slot) const;

  const chip::Chip* chip_;
  std::vector<Stage> stages_;
  size_t slots_ = 0;
};

}  // namespace tdc::schedule
