#pragma once

// Small schedules for tests: built by hand, or at random from a seed.

#include <map>
#include <string>
#include <vector>

#include "chip/chip.h"
#include "schedule/schedule.h"

namespace tdc::memory {
class ScheduleRun;
}

namespace tdc::test {

/// The elements of a buffer, and setting them; class numbers are floats of the same bits.
std::vector<float> bits_of(const memory::ScheduleRun& run, const schedule::Schedule& schedule,
                           schedule::BufferId buffer);
void set_bits(memory::ScheduleRun& run, const schedule::Schedule& schedule,
              schedule::BufferId buffer, const std::vector<float>& bits);

/// Builds a schedule for `two_level_chip`. All buffers are f32 and in `L2` unless said otherwise.
class ScheduleBuilder {
 public:
  schedule::BufferId temporary(std::string name, ir::Dims dims);
  /// A temporary in the memory of `of`.
  schedule::BufferId alias(std::string name, schedule::BufferId of);
  schedule::BufferId alias(std::string name, ir::Dims dims, schedule::BufferId of);
  schedule::BufferId variable(std::string name, ir::Dims dims);
  /// Version 1 of a variable: a buffer in its memory.
  schedule::BufferId next_version(schedule::BufferId variable);
  schedule::BufferId constant(std::string name, ir::Dims dims);

  /// What follows belongs to this entry point.
  void entry_point(std::string name);
  schedule::BufferId input(std::string name, ir::Dims dims);
  schedule::BufferId output(std::string name, ir::Dims dims);

  /// A launch over whole buffers. A buffer that is not valid is an absent optional operand.
  schedule::Launch& launch(std::string_view op, std::vector<schedule::BufferId> inputs,
                           std::vector<schedule::BufferId> outputs, ir::Attributes attributes = {});
  /// A launch over views: of new values of their shapes, whose operands are the values that the
  /// buffers hold, from their first element on.
  schedule::Launch& launch_views(std::string_view op, std::vector<schedule::View> inputs,
                                 std::vector<schedule::View> outputs);
  /// One launch for each box of a call whose operands fill these buffers.
  void pieces(const ops::OpDef& op, const ops::Call& call, const std::vector<ops::Box>& boxes,
              const std::vector<schedule::BufferId>& inputs,
              const std::vector<schedule::BufferId>& outputs);

  /// A node whose pieces are launched one by one.
  struct Node {
    const ops::OpDef* op;
    ops::Call call;
    ir::NodeId id;
    ir::ValueIds inputs, outputs;
  };
  /// Of f32 operands and a result of these shapes.
  Node node(std::string_view op, const std::vector<std::pair<ir::ValueId, ir::Dims>>& inputs,
            ir::Dims output, ir::Attributes attributes = {});
  schedule::Launch& piece(const Node& node, ops::Box box, std::vector<schedule::View> inputs,
                          std::vector<schedule::View> outputs);
  /// A value that is another under other indices and is made by no step.
  ir::ValueId view(const Node& node);
  schedule::Copy& copy(schedule::View from, schedule::View to,
                       std::optional<schedule::TicketId> ticket = std::nullopt);
  void wait(schedule::TicketId ticket);

  /// The value that a buffer holds: what was last written to it, or to the buffer whose memory it
  /// uses, in this entry point; of variables and constants what they hold at the start.
  ir::ValueId value(schedule::BufferId buffer);
  /// From here on the buffer holds this value.
  void set_value(schedule::BufferId buffer, ir::ValueId value);
  ir::ValueId new_value() { return {value_count_++}; }

  [[nodiscard]] schedule::View whole(schedule::BufferId buffer) const;
  /// `count` elements of a buffer from `offset` on.
  [[nodiscard]] static schedule::View slice(schedule::BufferId buffer, int64_t offset,
                                            int64_t count);

  [[nodiscard]] const schedule::Schedule& schedule() const { return schedule_; }
  schedule::Schedule& schedule() { return schedule_; }

 private:
  schedule::Launch& add(const Node& node, schedule::Launch launch);
  schedule::BufferId add(std::string name, ir::Dims dims, schedule::BufferKind kind);
  std::vector<schedule::Step>& steps();

  schedule::Schedule schedule_;
  std::map<schedule::BufferId, ir::ValueId> values_;  // of the entry point being built
  uint32_t value_count_ = 0, node_count_ = 0;
};

/// Levels `L1` (4 KiB) and `L2` (1 MiB); tensors, constants and images in `L2`; no budget.
chip::Chip two_level_chip();

/// The same with `bytes` of L1, which is its scratchpad: a transfer moves 8 bytes a cycle, what it
/// costs beside them and what a core's load from L2 costs is in cycles, too.
chip::Chip chip_with_scratchpad(int64_t bytes, int64_t transfer, int64_t load);
/// The same where everything is worth being brought.
chip::Chip generous_chip(int64_t bytes);
/// `x in`, `y out` for a transfer, by the name of the far buffer.
std::string transfer_text(const schedule::Schedule& schedule, const chip::Chip& chip,
                          const schedule::Copy& copy);
inline constexpr LevelId kL1 = {0};
inline constexpr LevelId kL2 = {1};

struct RandomOptions {
  int entry_points = 2;
  int launches = 30;           ///< of each entry point
  bool with_transfers = true;  ///< the copies of tiles run in the background
};

/// A random schedule that runs: launches of several ops, aliases (in place, and views under another
/// shape), variables read and updated, accumulators, strided views, and tiles that are copied. The
/// same seed gives the same schedule everywhere.
schedule::Schedule random_schedule(uint64_t seed, const RandomOptions& options = {});

/// Random numbers that are the same everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next();
  /// A number of [low, high].
  int64_t between(int64_t low, int64_t high);
  bool chance(int percent) { return between(1, 100) <= percent; }

 private:
  uint64_t state_;
};

}  // namespace tdc::test
