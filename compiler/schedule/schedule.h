#pragma once

// What runs, in which order, on which pieces of which buffers. `emit` and `run_schedule` see this
// and the MemoryPlan only, never the IR.
//
// Steps are concrete: constant boxes, constant views, every piece of its own. Loops exist in the
// emitted C only: marks say which steps are turns of one, and readers need not look at them.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "chip/chip.h"
#include "ir/boundary.h"
#include "ir/ids.h"
#include "ir/variables.h"
#include "ops/op.h"
#include "support/ids.h"
#include "support/units.h"

namespace tdc::schedule {

using BufferId = Id<struct BufferTag>;
using LoopId = Id<struct LoopTag>;

/// Where a buffer's bytes come from.
enum class BufferKind : uint8_t {
  temporary,  ///< lives within one call of an entry point
  variable,   ///< lives between calls; one buffer per variable, the same in all entry points, and
              ///< one for each new version of it, an alias of the first
  constant,   ///< a variable that no entry point writes: `const` data outside the arena
  argument,   ///< memory of the caller: inputs, targets, outputs, run-time scalars
};

/// Buffer `buffer` uses the memory of `of`, from the same start. The two never need different
/// contents at the same time, which the validator checks.
struct Alias {
  BufferId of;
};

/// Every buffer starts at a multiple of this, and so do arenas. 16 is the strictest alignment of
/// any C type on the targets (`max_align_t`), one SSE or NEON vector on hosts, and two beats of an
/// 8-byte DMA bus. 64, a cache line, would pad biases and norm scales of a few floats to several
/// times their size and gain nothing on cores without a data cache.
inline constexpr Bytes kAlignment = {16};

struct Buffer {
  ir::TensorType type;
  BufferKind kind = BufferKind::temporary;
  LevelId level;                           ///< of arguments: not valid
  std::optional<ir::VariableId> variable;  ///< of variables and constants
  std::optional<Alias> alias;
  std::string name;  ///< for people: the source's name, a path, or the op's name
  SourceRange origin;
};

/// A strided piece of a buffer; extents and strides in elements.
struct View {
  BufferId buffer;
  int64_t offset = 0;
  ir::Dims extent;
  ir::Dims stride;
  friend bool operator==(const View&, const View&) = default;
};

/// The view of a whole buffer under the given dims (same number of elements).
View whole(BufferId buffer, const ir::Dims& dims);

/// Whether the view is all of its buffer in the order in which it lies.
bool is_whole(const View& view, const Buffer& buffer);

/// The part of a whole operand that a region is.
View view_of(BufferId buffer, const ir::Dims& dims, const ops::Region& region);

/// Steps that emitted C has once, in a loop: those of all its turns.
struct Loop {
  enum class Kind : uint8_t {
    repeat,  ///< turns of a `repeat`
    tiles,   ///< pieces of one call
  };
  Kind kind = Kind::repeat;
  SourceRange origin;      ///< the `repeat`, or the call
  bool runs_down = false;  ///< from the repeat's last turn to its first
};

/// The mark of a step in turn `turn` of a loop. All steps of a loop stand together, turn 0 first,
/// and in a turn in the order of their places. At each place stands the same step of each turn: it
/// runs the same kernel or copies the same shapes; where what it does so on lies may be anything.
/// Turns at the ends may lack some: a copy that brings something for the next turn is not in the
/// last one.
struct LoopTurn {
  LoopId loop;
  int64_t turn = 0;
  int64_t place = 0;  ///< from 0, in the turn
  friend bool operator==(const LoopTurn&, const LoopTurn&) = default;
};

/// Where a step comes from, and the loop that it stands in.
struct StepContext {
  ir::Phase phase = ir::Phase::forward;
  SourceRange origin;           ///< of the node for which it runs
  std::vector<ir::Turn> turns;  ///< of that node
  std::optional<LoopTurn> loop_turn;
};

/// What copies and launches that run in the background are waited for by: of the steps of an entry
/// point that name a ticket, each one that starts something is waited for before the next does.
using TicketId = Id<struct TicketTag>;

/// One call of a kernel by the whole team, or by the chip's matrix engine: a box of the space of an
/// op's call. Views are what the box touches of the operands.
struct Launch {
  const ops::OpDef* op = nullptr;
  ops::Call call;  ///< the whole op: types and attributes
  ops::Box box;
  bool is_on_engine = false;  ///< the engine computes it (`offload`)
  /// Set, of those on the engine only: runs until a Wait names it. Else complete when it returns.
  std::optional<TicketId> ticket;
  std::vector<std::optional<View>> inputs;
  std::vector<View> outputs;
  /// Which values of the entry point's graph the operands are; not valid where one is absent. The
  /// validator proves that the views hold the box's elements of them.
  ir::ValueIds input_values, output_values;
  ir::NodeId from;    ///< for reports
  std::string label;  ///< for comments in the C and profiles
  StepContext context;
};

/// The launch of a box of a call whose operands fill these buffers; absent ones are not valid.
Launch piece_launch(const ops::OpDef& op, ops::Call call, ops::Box box,
                    const std::vector<BufferId>& inputs, const std::vector<BufferId>& outputs);
/// The launch of the whole call.
Launch whole_launch(const ops::OpDef& op, ops::Call call, const std::vector<BufferId>& inputs,
                    const std::vector<BufferId>& outputs);

/// The piece of a launch that computes `box`, a part of the launch's own; operands lie as the
/// launch's do. `space` is the launch's.
Launch piece_of(const Launch& launch, const ops::Space& space, ops::Box box);

/// Floating point operations of a launch (`ops::flop`).
int64_t flop(const Launch& launch);

/// What the kernel's record is asked about a launch.
ops::KernelCall kernel_call(const Launch& launch);

/// Whether its kernel takes a launch with its operands as they lie.
bool can_call(const Launch& launch);

/// How many calls of its kernel a launch is (`ops::kernel_parts`).
size_t kernel_call_count(const Launch& launch);

/// A strided copy between buffers of any levels, possibly in the background.
struct Copy {
  View to, from;
  std::optional<TicketId> ticket;  ///< set: runs until a Wait names it
  StepContext context;
};
struct Wait {
  TicketId ticket;
  StepContext context;
};
using Step = std::variant<Launch, Copy, Wait>;

const StepContext& context_of(const Step& step);

/// The ticket of a step that starts something which runs in the background.
std::optional<TicketId> started_ticket(const Step& step);

/// A node that no step computes, or of which steps compute a part only: its output is its operands
/// under other indices (a reshape, or an op that only moves elements), and readers take it from
/// where those lie.
struct ViewNode {
  const ops::OpDef* op = nullptr;
  ops::Call call;
  ir::ValueIds inputs;
  ir::ValueId output;
  std::vector<ops::Box> boxes;  ///< of the op's space: what no step computes; none: all of it
};

/// One argument of the entry point's C function.
struct Argument {
  std::string name;
  BufferId buffer;
  ir::ValueId value;  ///< what the caller's memory holds at the start, or gets
  bool is_output = false;
  ir::InputKind input_kind = ir::InputKind::sample;     ///< of inputs
  ir::OutputKind output_kind = ir::OutputKind::result;  ///< of outputs
  int64_t classes = 0;                                  ///< as in `ir::Input`
};

/// All steps of one entry point over one table of buffers.
struct EntryPoint {
  ir::GraphKind kind = ir::GraphKind::sample;
  std::string name;  ///< as in `ir::Graph`
  int64_t batch = 1;
  std::vector<Argument> arguments;
  std::vector<ir::Read> reads;    ///< which values the variables hold at the start
  std::vector<ir::Write> writes;  ///< which values those that change hold at the end
  std::vector<ViewNode> view_nodes;
  std::vector<Step> steps;
};

/// Entry points share the buffers of variables and, in time, the memory of temporaries.
struct Schedule {
  IdVector<ir::VariableId, ir::Variable> variables;
  IdVector<ir::RepeatId, SourceRange> repeats;  ///< as in `ir::Module`
  IdVector<BufferId, Buffer> buffers;
  IdVector<LoopId, Loop> loops;
  std::vector<EntryPoint> entry_points;
};

/// Null if there is none of the kind.
const EntryPoint* find_entry_point(const Schedule& schedule, ir::GraphKind kind);

}  // namespace tdc::schedule
