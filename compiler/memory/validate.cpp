#include "memory/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "memory/byte_map.h"
#include "memory/validate_boxes.h"
#include "memory/validate_names.h"
#include "ops/op.h"

// The memory of the replay holds no numbers but names: which element of which value of the entry
// point's graph lies in these bytes, and how far its chain has come. A launch names what it writes
// after the elements that its box makes of its output; copies carry names along. A read compares
// what it finds with the elements that its box takes of its operand:
//
//     conv2d makes rows 4..8 of %7                 strip   %7 row 4 5 6 7
//     copy of two rows, one too low                strip   %7 row 3 4 | %7 row 4 5 ..
//     max_pool2d takes rows 3..7 of %7     ==>     "reads row 5 .. but finds row 4"
//
// Nothing is known of buffers but where they lie: an alias, a new version of a variable, a strip
// that turns use again is right if whoever reads it finds the names it needs. Names stand for runs
// of elements, so large tensors cost no more than small ones.

namespace tdc::memory {
namespace {

using schedule::BufferId;
using schedule::BufferKind;
using schedule::Copy;
using schedule::Launch;
using schedule::Schedule;
using schedule::Step;
using schedule::TicketId;
using schedule::View;
using schedule::Wait;

constexpr size_t kMostViolations = 20;

/// The position that a chain has come to when it is complete.
constexpr int64_t kComplete = INT64_MAX;

/// From here on ids are no values of the graph, but what the variables hold that it does not read.
constexpr uint32_t kUnread = uint32_t{1} << 31;

/// Index into the list of writes.
using WriteNumber = uint32_t;

/// What lies in some bytes: elements of a value, `step` apart, of `size` bytes each.
struct Name {
  ir::ValueId value;  ///< not valid: nothing that may be read
  int64_t element = 0, step = 1;
  int64_t position = kComplete;  ///< of its chain, if that is not complete
  int64_t size = 1;
  WriteNumber write = 0;

  [[nodiscard]] Name from(int64_t bytes) const {
    Name name = *this;
    name.element += bytes / size * step;
    if (bytes % size != 0) name.value = {};
    return name;
  }
};

/// Which of a launch's written operands the bytes are.
struct Mark {
  size_t operand;
  [[nodiscard]] Mark from(int64_t) const { return *this; }
};

/// Where a buffer lies: a byte of a space. Spaces are the arenas of the levels, and one for each
/// argument and constant.
struct Place {
  size_t space = 0;
  int64_t base = 0;
  Tick first = 0, last = INT64_MAX;
  bool is_known = false;
};

/// A view: bytes within its buffer.
struct Piece {
  BufferId buffer;
  int64_t start = 0;  ///< of the first element, in elements
  const View* view = nullptr;
  std::vector<Interval> intervals;
};

struct WriteRecord {
  BufferId buffer;
  std::string by;  ///< who wrote, or why there is nothing to read
};

/// What elements that must be somewhere are for whoever needs them.
enum class Role : uint8_t { operand, sum, variable, output };

/// Bytes of a buffer and what stands in them.
struct Named {
  Interval interval;
  Name name;
};

/// What a buffer holds once something that runs in the background is complete.
struct Arrival {
  BufferId buffer;
  std::vector<Named> names;
};

/// A copy or a launch that nobody has waited for yet.
struct Pending {
  TicketId ticket;
  std::string what;  ///< for messages: `transfer t1`
  std::vector<Piece> read, written;
  std::vector<Arrival> arrivals;  ///< of the bytes that are written
};

/// What steps do for one node.
struct NodePieces {
  const Launch* first = nullptr;
  std::string first_where;
  std::vector<const ops::Box*> boxes;
};

class Replay {
 public:
  Replay(const Schedule& schedule, const MemoryPlan& plan) : schedule_(schedule), plan_(plan) {
    places_.resize(schedule.buffers.size());
    owners_.resize(schedule.buffers.size());
    is_input_.resize(schedule.buffers.size(), 0);
    is_output_.resize(schedule.buffers.size(), 0);
  }

  std::vector<std::string> run() {
    if (!find_places()) return std::move(violations_);
    Tick tick = 0;
    for (const schedule::EntryPoint& entry : schedule_.entry_points) {
      entry_ = &entry;
      begin_call();
      tick = replay(entry.steps, tick);
      end_call();
    }
    return std::move(violations_);
  }

 private:
  template <typename... Args>
  void violation(fmt::format_string<Args...> format, Args&&... args) {
    if (violations_.size() == kMostViolations) return;
    violations_.push_back(context_ + fmt::format(format, std::forward<Args>(args)...));
  }

  [[nodiscard]] const schedule::Buffer& buffer(BufferId id) const { return schedule_.buffers[id]; }
  [[nodiscard]] std::string name(BufferId id) const {
    return fmt::format("`{}` (b{})", buffer(id).name, id.index);
  }
  [[nodiscard]] int64_t bytes(BufferId id) const { return ir::byte_size(buffer(id).type).count; }
  [[nodiscard]] int64_t element_bytes(BufferId id) const {
    return ir::byte_size(buffer(id).type.dtype).count;
  }

  // ---- places ----------------------------------------------------------------------------------

  /// False if the aliases are in such disorder that nothing can be replayed.
  bool find_places() {
    for (const LevelId level : plan_.levels.ids()) find_level_places(level);
    spaces_.resize(plan_.levels.size());
    for (const BufferId id : schedule_.buffers.ids()) {
      const BufferKind kind = buffer(id).kind;
      if (buffer(id).alias || kind == BufferKind::temporary) continue;
      if (kind == BufferKind::variable) {
        if (!places_[id].is_known) violation("variable {} has no place", name(id));
        continue;
      }
      places_[id] = {.space = spaces_.size(), .is_known = true};
      spaces_.emplace_back();
    }
    for (const BufferId id : schedule_.buffers.ids())
      if (!follow_alias(id)) return false;
    return true;
  }

  void find_level_places(LevelId level) {
    const LevelPlan& plan = plan_.levels[level];
    for (const Placement& placement : plan.placements) {
      const BufferId id = placement.buffer;
      const BufferKind kind = buffer(id).kind;
      if (buffer(id).alias)
        violation("{} has a place and uses the memory of another buffer", name(id));
      else if (kind != BufferKind::temporary && kind != BufferKind::variable)
        violation("{} has a place in an arena, but is none of its buffers", name(id));
      else if (buffer(id).level != level)
        violation("{} is placed in level {} instead of its own", name(id), level.index);
      else if (places_[id].is_known)
        violation("{} has two places", name(id));
      else if (placement.size.count != bytes(id))
        violation("{} has {} bytes, its place {}", name(id), bytes(id), placement.size.count);
      else if (placement.offset.count < 0 ||
               placement.offset.count + placement.size.count > plan.peak.count)
        violation("{} lies at {}..{} of an arena of {} bytes", name(id), placement.offset.count,
                  placement.offset.count + placement.size.count, plan.peak.count);
      else if (placement.alignment < kAlignment ||
               placement.offset.count % placement.alignment.count != 0)
        violation("{} lies at {}, not aligned to {} bytes", name(id), placement.offset.count,
                  std::max(placement.alignment, kAlignment).count);
      else
        places_[id] = {.space = level.index,
                       .base = placement.offset.count,
                       .first = placement.first,
                       .last = placement.last,
                       .is_known = true};
    }
  }

  bool follow_alias(BufferId id) {
    BufferId at = id;
    std::vector<BufferId> chain;
    while (!owners_[at].is_valid()) {
      chain.push_back(at);
      if (!buffer(at).alias) break;
      at = buffer(at).alias->of;
      if (at.index >= schedule_.buffers.size() || chain.size() > schedule_.buffers.size()) {
        violation("the aliases of {} lead nowhere", name(id));
        return false;
      }
    }
    if (owners_[at].is_valid()) at = owners_[at];
    for (const BufferId link : chain) owners_[link] = at;
    if (at == id) return true;
    if (bytes(id) > bytes(at))
      violation("{} has {} bytes and uses the memory of {} with {}", name(id), bytes(id), name(at),
                bytes(at));
    else
      places_[id] = places_[at];
    return true;
  }

  [[nodiscard]] BufferId owner(BufferId id) const { return owners_[id]; }

  // ---- one call --------------------------------------------------------------------------------

  WriteNumber new_write(BufferId id, std::string by) {
    writes_.push_back({id, std::move(by)});
    return static_cast<WriteNumber>(writes_.size() - 1);
  }

  void fill(BufferId id, ir::ValueId value, std::string by) {
    if (!places_[id].is_known) return;
    const Name name = {
        .value = value, .size = element_bytes(id), .write = new_write(id, std::move(by))};
    const int64_t base = places_[id].base;
    spaces_[places_[id].space].assign({base, base + bytes(id)}, name);
  }

  void begin_call() {
    context_ = fmt::format("{}: ", entry_->name);
    names_ = Names(entry_->view_nodes);
    pending_.clear();
    nodes_.clear();
    makers_.clear();
    writes_.clear();
    for (ByteMap<Name>& space : spaces_) space.clear();
    std::fill(is_input_.begin(), is_input_.end(), 0);
    std::fill(is_output_.begin(), is_output_.end(), 0);
    for (const schedule::Argument& argument : entry_->arguments) {
      if (buffer(argument.buffer).kind != BufferKind::argument) {
        violation("argument `{}` is no argument buffer", argument.name);
        continue;
      }
      (argument.is_output ? is_output_ : is_input_)[argument.buffer] = 1;
      if (!argument.is_output) fill(argument.buffer, given(argument.value), "the caller");
    }
    held_.clear();
    for (const ir::Read& read : entry_->reads) held_[read.variable] = given(read.value);
    for (const BufferId id : schedule_.buffers.ids()) {
      const bool lives_between_calls =
          buffer(id).kind == BufferKind::variable || buffer(id).kind == BufferKind::constant;
      if (!lives_between_calls || buffer(id).alias || !buffer(id).variable) continue;
      const ir::VariableId variable = *buffer(id).variable;
      const auto [value, is_new] =
          held_.try_emplace(variable, ir::ValueId{kUnread + variable.index});
      fill(id, value->second, "an earlier call");
    }
  }

  /// A value that is there before the first step.
  ir::ValueId given(ir::ValueId value) {
    makers_[value] = {};
    return value;
  }

  void end_call() {
    context_ = fmt::format("{}, at the end: ", entry_->name);
    for (const Pending& pending : pending_) violation("{} is never waited for", pending.what);
    std::map<ir::ValueId, std::vector<const ops::Box*>> views;
    for (const schedule::ViewNode& view : entry_->view_nodes)
      for (const ops::Box& box : view.boxes) views[view.output].push_back(&box);
    for (const auto& [id, node] : nodes_) {
      const ops::Space space = node.first->op->space(node.first->call);
      std::vector<const ops::Box*> boxes = node.boxes;
      if (const auto view = views.find(node.first->output_values[0]); view != views.end())
        boxes.insert(boxes.end(), view->second.begin(), view->second.end());
      if (const auto problem = cover_problem(space, boxes))
        violation("node {} ({}): {}", id.index, node.first->op->name, *problem);
    }
    for (const ir::Write& write : entry_->writes) held_[write.variable] = write.value;
    for (const BufferId id : schedule_.buffers.ids()) {
      if (buffer(id).alias || buffer(id).kind != BufferKind::variable || !buffer(id).variable)
        continue;
      const Elements all =
          all_elements(held_.at(*buffer(id).variable), ir::element_count(buffer(id).type));
      check_holds(id, all, kComplete, Role::variable);
    }
    for (const schedule::Argument& argument : entry_->arguments) {
      const BufferId id = argument.buffer;
      if (is_output_[id] == 0) continue;
      check_holds(id, all_elements(argument.value, ir::element_count(buffer(id).type)), kComplete,
                  Role::output);
    }
  }

  // ---- steps -----------------------------------------------------------------------------------

  /// Returns the tick after the last of `steps`. Every turn of a loop has the same ticks.
  Tick replay(const std::vector<Step>& steps, Tick tick) {
    std::optional<schedule::LoopTurn> last;
    Tick loop_begin = tick;
    for (const Step& step : steps) {
      const std::optional<schedule::LoopTurn>& turn = schedule::context_of(step).loop_turn;
      if (turn && (!last || last->loop != turn->loop)) loop_begin = tick;
      last = turn;
      tick_ = turn ? loop_begin + turn->place : tick;
      tick = std::max(tick, tick_ + 1);
      if (violations_.size() == kMostViolations) continue;
      if (const auto* launch = std::get_if<Launch>(&step)) {
        say_where(launch->op->name);
        replay_launch(*launch);
      } else if (const auto* copy = std::get_if<Copy>(&step)) {
        say_where("copy");
        replay_copy(*copy);
      } else if (const auto* wait = std::get_if<Wait>(&step)) {
        say_where("wait");
        replay_wait(*wait);
      }
    }
    return tick;
  }

  void say_where(std::string_view what) {
    where_ = fmt::format("step {} ({})", tick_, what);
    context_ = fmt::format("{}, {}: ", entry_->name, where_);
  }

  void replay_launch(const Launch& launch) {
    if (launch.op == nullptr || launch.op->space == nullptr) {
      violation("launches what has no kernel");
      return;
    }
    if (launch.input_values.size() != launch.inputs.size() ||
        launch.output_values.size() != launch.outputs.size()) {
      violation("does not say which values its operands are");
      return;
    }
    const ops::Space space = launch.op->space(launch.call);
    if (const std::optional<std::string> problem = box_problem(space, launch.box)) {
      violation("{}", *problem);
      return;
    }
    add_piece(launch);
    std::vector<std::optional<Piece>> inputs;
    std::vector<std::optional<Piece>> outputs;
    for (const std::optional<View>& input : launch.inputs)
      inputs.push_back(input ? resolve(*input) : std::nullopt);
    for (const View& output : launch.outputs) outputs.push_back(resolve(output));

    const ops::Range positions = chain_positions(space, launch.box);
    check_reads(launch, space, positions);
    check_overlaps(launch, inputs, outputs);
    check_accumulator(launch, inputs, outputs);
    std::vector<Arrival> arrivals;
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (!outputs[i]) continue;
      check_write(*outputs[i]);
      const auto made = operand(launch.outputs[i], space.outputs[i], launch.call.output(i).dims,
                                launch.output_values[i], launch.box);
      if (!made) continue;
      arrivals.push_back(
          {.buffer = outputs[i]->buffer,
           .names = made_names(outputs[i]->buffer, *made,
                               positions.end == chain_length(space) ? kComplete : positions.end)});
    }
    if (!launch.ticket) {
      for (const Arrival& arrival : arrivals) assign(arrival);
      return;
    }
    if (!launch.is_on_engine)
      violation("has ticket t{}, and the cores run it", launch.ticket->index);
    start({.ticket = *launch.ticket,
           .what = fmt::format("job t{}", launch.ticket->index),
           .read = present(inputs),
           .written = present(outputs),
           .arrivals = std::move(arrivals)});
  }

  static std::vector<Piece> present(const std::vector<std::optional<Piece>>& pieces) {
    std::vector<Piece> result;
    for (const std::optional<Piece>& piece : pieces)
      if (piece) result.push_back(*piece);
    return result;
  }

  /// Launches of one node are pieces of one call, and no other node makes its outputs.
  void add_piece(const Launch& launch) {
    NodePieces& node = nodes_[launch.from];
    if (node.first == nullptr) {
      node.first = &launch;
      node.first_where = where_;
    }
    if (launch.op != node.first->op || launch.call.inputs != node.first->call.inputs ||
        launch.call.outputs != node.first->call.outputs ||
        launch.input_values != node.first->input_values ||
        launch.output_values != node.first->output_values) {
      violation("is another call than {} of the same node {}", node.first_where, launch.from.index);
      return;
    }
    node.boxes.push_back(&launch.box);
    for (const ir::ValueId value : launch.output_values) {
      const auto [maker, is_new] = makers_.try_emplace(value, launch.from);
      if (maker->second != launch.from)
        violation(
            "makes %{}, which {} makes", value.index,
            maker->second.is_valid() ? fmt::format("node {}", maker->second.index) : "the caller");
    }
  }

  /// The elements of an operand that the box takes, where the view says; nullopt if it has another
  /// shape.
  std::optional<Elements> operand(const View& view, const ops::Access& access, const ir::Dims& dims,
                                  ir::ValueId value, const ops::Box& box) {
    const std::vector<ops::Range> region = taken(access, box);
    ir::Dims extent;
    for (const ops::Range& range : region) extent.push_back(range.extent());
    if (view.extent == extent && view.stride.size() == extent.size())
      return elements_of(value, dims, region, view);
    violation("a view of {} has shape {}, its box takes {}", name(view.buffer),
              ir::to_text(view.extent), ir::to_text(extent));
    return std::nullopt;
  }

  /// Operands hold what the box takes of them. A piece that goes on with a chain finds its outputs
  /// as the piece before left them, and so does the operand whose sum the op continues.
  void check_reads(const Launch& launch, const ops::Space& space, const ops::Range& positions) {
    const bool goes_on = positions.begin > 0;
    for (size_t i = 0; i < launch.inputs.size(); ++i) {
      if (!launch.inputs[i] || !is_inside(*launch.inputs[i])) continue;
      const bool is_own_sum = goes_on && static_cast<int>(i) == launch.op->accumulator;
      if (is_own_sum) continue;
      const auto wanted = operand(*launch.inputs[i], space.inputs[i].value(),
                                  launch.call.input(i).dims, launch.input_values[i], launch.box);
      if (wanted) check_holds(launch.inputs[i]->buffer, *wanted, kComplete, Role::operand);
    }
    if (!goes_on) return;
    for (size_t i = 0; i < launch.outputs.size(); ++i) {
      if (!is_inside(launch.outputs[i])) continue;
      const auto wanted = operand(launch.outputs[i], space.outputs[i], launch.call.output(i).dims,
                                  launch.output_values[i], launch.box);
      if (wanted) check_holds(launch.outputs[i].buffer, *wanted, positions.begin, Role::sum);
    }
  }

  void check_accumulator(const Launch& launch, const std::vector<std::optional<Piece>>& inputs,
                         const std::vector<std::optional<Piece>>& outputs) {
    if (launch.op->accumulator < 0) return;
    const auto index = static_cast<size_t>(launch.op->accumulator);
    if (index < inputs.size() && inputs[index] && !outputs.empty() && outputs[0] &&
        !is_same_memory(*inputs[index], *outputs[0]))
      violation("continues the sum in {}, but writes to {}", name(inputs[index]->buffer),
                name(outputs[0]->buffer));
  }

  void replay_copy(const Copy& copy) {
    const std::optional<Piece> from = resolve(copy.from);
    const std::optional<Piece> to = resolve(copy.to);
    if (!from || !to) return;
    if (copy.from.extent != copy.to.extent ||
        element_bytes(copy.from.buffer) != element_bytes(copy.to.buffer)) {
      violation("copies {} to a different shape of {}", name(from->buffer), name(to->buffer));
      return;
    }
    const ByteMap<Mark> source = marked(*from);
    if (places_[from->buffer].space == places_[to->buffer].space && touches(source, *to))
      violation("copies {} over itself", name(from->buffer));
    check_write(*to);
    const Arrival arrival = {.buffer = to->buffer, .names = carried_names(copy)};
    if (!copy.ticket) {
      assign(arrival);
      return;
    }
    start({.ticket = *copy.ticket,
           .what = fmt::format("transfer t{}", copy.ticket->index),
           .read = {*from},
           .written = {*to},
           .arrivals = {arrival}});
  }

  /// What is written is not there before the wait.
  void start(Pending&& pending) {
    for (const Pending& other : pending_)
      if (other.ticket == pending.ticket) violation("{} is started twice", pending.what);
    for (const Piece& piece : pending.written) {
      const Name under_way = {
          .value = {},
          .write = new_write(piece.buffer, fmt::format("{} is not there yet", pending.what))};
      for (const Interval& interval : piece.intervals)
        spaces_[places_[piece.buffer].space].assign(absolute(piece, interval), under_way);
    }
    pending_.push_back(std::move(pending));
  }

  /// What the bytes of `copy.to` are after the copy.
  std::vector<Named> carried_names(const Copy& copy) {
    Elements pairs = {
        .value = {}, .place = copy.from.offset, .element = copy.to.offset, .axes = {}};
    for (size_t i = 0; i < copy.from.extent.size(); ++i)
      pairs.axes.push_back({copy.from.extent[i], copy.from.stride[i], copy.to.stride[i]});
    const int64_t size = element_bytes(copy.from.buffer);
    const Place& place = places_[copy.from.buffer];
    const WriteNumber number = new_write(copy.to.buffer, where_);
    std::vector<Named> result;
    bool is_sound = true;
    const auto carry = [&](int64_t from, int64_t to, int64_t count) {
      const int64_t begin = place.base + from * size;
      spaces_[place.space].visit(
          {begin, begin + count * size}, [&](Interval part, const Name* found) {
            const int64_t at = to * size + part.begin - begin;
            if (found != nullptr && found->value.is_valid()) {
              result.push_back({{at, at + part.end - part.begin}, *found});
              result.back().name.write = number;
            } else if (is_sound) {
              is_sound = false;
              violation("copies from {}, but {}", name(copy.from.buffer), describe(found));
            }
          });
    };
    for (const Run& run : pairs.runs())
      if (run.step == 1)
        carry(run.place, run.element, run.count);
      else
        for (int64_t i = 0; i < run.count; ++i) carry(run.place + i, run.element + i * run.step, 1);
    return result;
  }

  void assign(const Arrival& arrival) {
    const Place& place = places_[arrival.buffer];
    for (const Named& named : arrival.names)
      spaces_[place.space].assign(
          {place.base + named.interval.begin, place.base + named.interval.end}, named.name);
  }

  void replay_wait(const Wait& wait) {
    const auto found = std::ranges::find(pending_, wait.ticket, &Pending::ticket);
    if (found == pending_.end()) {
      violation("t{} was not started", wait.ticket.index);
      return;
    }
    for (const Piece& piece : found->read) check_tick(piece.buffer);
    for (const Piece& piece : found->written) check_tick(piece.buffer);
    for (const Arrival& arrival : found->arrivals) assign(arrival);
    pending_.erase(found);
  }

  // ---- views -----------------------------------------------------------------------------------

  std::optional<Piece> resolve(const View& view) {
    if (view.buffer.index >= schedule_.buffers.size()) {
      violation("uses a buffer that does not exist");
      return std::nullopt;
    }
    if (!is_accessible(view.buffer)) return std::nullopt;
    if (view.extent.size() != view.stride.size()) {
      violation("a view of {} has {} extents and {} strides", name(view.buffer), view.extent.size(),
                view.stride.size());
      return std::nullopt;
    }
    Piece piece = {.buffer = view.buffer, .start = view.offset, .view = &view, .intervals = {}};
    Elements elements = {.value = {}, .place = view.offset, .element = 0, .axes = {}};
    for (size_t axis = 0; axis < view.extent.size(); ++axis) {
      if (view.extent[axis] < 1) return piece;  // touches nothing
      elements.axes.push_back({view.extent[axis], view.stride[axis], view.stride[axis]});
    }
    const auto [lowest, highest] = reach(view);
    if (!is_inside(view)) {
      violation("a view of {} reaches elements {} to {} of {}", name(view.buffer), lowest, highest,
                bytes(view.buffer) / element_bytes(view.buffer));
      return std::nullopt;
    }
    const int64_t size = element_bytes(view.buffer);
    for (const Run& run : elements.runs())
      piece.intervals.push_back({run.place * size, (run.place + run.count) * size});
    return piece;
  }

  /// The first and the last element of the buffer that a view touches.
  static std::pair<int64_t, int64_t> reach(const View& view) {
    int64_t lowest = view.offset, highest = view.offset;
    for (size_t axis = 0; axis < view.extent.size(); ++axis) {
      const int64_t length = (view.extent[axis] - 1) * view.stride[axis];
      (length < 0 ? lowest : highest) += length;
    }
    return {lowest, highest};
  }

  /// Whether `resolve` has nothing to say about the view.
  [[nodiscard]] bool is_inside(const View& view) const {
    if (view.buffer.index >= schedule_.buffers.size() || !places_[view.buffer].is_known ||
        view.extent.size() != view.stride.size())
      return false;
    if (std::any_of(view.extent.begin(), view.extent.end(),
                    [](int64_t extent) { return extent < 1; }))
      return true;  // touches nothing
    const auto [lowest, highest] = reach(view);
    return lowest >= 0 && highest < bytes(view.buffer) / element_bytes(view.buffer);
  }

  bool is_accessible(BufferId id) {
    if (!places_[id].is_known) {
      violation("uses {}, which has no place", name(id));
      return false;
    }
    check_tick(id);
    if (buffer(owner(id)).kind == BufferKind::argument && is_input_[owner(id)] == 0 &&
        is_output_[owner(id)] == 0)
      violation("uses {}, an argument of another entry point", name(id));
    return true;
  }

  void check_tick(BufferId id) {
    const Place& place = places_[id];
    if (tick_ < place.first || place.last < tick_)
      violation("uses {} outside its lifetime {}..{}", name(id), place.first, place.last);
  }

  [[nodiscard]] Interval absolute(const Piece& piece, const Interval& interval) const {
    const int64_t base = places_[piece.buffer].base;
    return {base + interval.begin, base + interval.end};
  }

  /// Whether two pieces are the same elements of the same memory, index for index.
  [[nodiscard]] bool is_same_memory(const Piece& a, const Piece& b) const {
    const int64_t a_start = places_[a.buffer].base + a.start * element_bytes(a.buffer);
    const int64_t b_start = places_[b.buffer].base + b.start * element_bytes(b.buffer);
    return places_[a.buffer].space == places_[b.buffer].space && a_start == b_start &&
           buffer(a.buffer).type.dtype == buffer(b.buffer).type.dtype &&
           a.view->extent == b.view->extent && a.view->stride == b.view->stride;
  }

  [[nodiscard]] ByteMap<Mark> marked(const Piece& piece) const {
    ByteMap<Mark> marks;
    for (const Interval& interval : piece.intervals)
      marks.assign(absolute(piece, interval), {.operand = 0});
    return marks;
  }

  [[nodiscard]] bool touches(const ByteMap<Mark>& marks, const Piece& piece) const {
    bool found = false;
    for (const Interval& interval : piece.intervals)
      marks.visit(absolute(piece, interval),
                  [&](Interval, const Mark* mark) { found = found || mark != nullptr; });
    return found;
  }

  // ---- names -----------------------------------------------------------------------------------

  [[nodiscard]] std::string text(ir::ValueId value) const {
    if (value.index < kUnread) return fmt::format("%{}", value.index);
    return fmt::format("variable `{}`",
                       schedule_.variables[ir::VariableId{value.index - kUnread}].path);
  }

  [[nodiscard]] std::string describe(const Name* found) const {
    if (found == nullptr) return "nothing wrote there in this call";
    const WriteRecord& write = writes_[found->write];
    if (!found->value.is_valid()) return write.by;
    return fmt::format(
        "finds element {} of {}{}, which {} wrote to {}", found->element, text(found->value),
        found->position == kComplete ? "" : fmt::format(", summed up to {}", found->position),
        write.by, name(write.buffer));
  }

  /// Whether the buffer holds these elements, summed up to `position`.
  void check_holds(BufferId id, const Elements& wanted, int64_t position, Role role) {
    if (!places_[id].is_known) return;
    const auto origins = names_.origins(wanted);
    if (const auto* problem = std::get_if<NameProblem>(&origins)) {
      violation("{}", problem->text);
      return;
    }
    const int64_t size = element_bytes(id);
    bool is_sound = true;
    for (const Elements& elements : std::get<std::vector<Elements>>(origins))
      for (const Run& run : elements.runs()) {
        const int64_t begin = places_[id].base + run.place * size;
        const Name all = {.value = elements.value,
                          .element = run.element,
                          .step = run.step,
                          .position = position,
                          .size = size};
        spaces_[places_[id].space].visit(
            {begin, begin + run.count * size}, [&](Interval part, const Name* found) {
              const Name name = all.from(part.begin - begin);
              if (!is_sound || is_same(name, found, part.end - part.begin)) return;
              is_sound = false;
              // Where only the steps differ, the second element is the first that is another.
              const Name second = found == nullptr ? Name{} : found->from(size);
              if (is_same_element(name, found))
                complain(id, name.from(size), &second, role);
              else
                complain(id, name, found, role);
            });
        if (!is_sound) return;
      }
  }

  static bool is_same(const Name& wanted, const Name* found, int64_t bytes) {
    return is_same_element(wanted, found) && (bytes <= wanted.size || found->step == wanted.step);
  }

  static bool is_same_element(const Name& wanted, const Name* found) {
    return found != nullptr && found->value == wanted.value && found->position == wanted.position &&
           found->element == wanted.element && found->size == wanted.size;
  }

  void complain(BufferId id, const Name& wanted, const Name* found, Role role) {
    const std::string element = fmt::format("element {} of {}", wanted.element, text(wanted.value));
    if (role == Role::operand)
      violation("reads {} from {}, but {}", element, name(id), describe(found));
    else if (role == Role::sum)
      violation("goes on with {}, summed up to {}, in {}, but {}", element, wanted.position,
                name(id), describe(found));
    else
      violation("{} {} should hold {}, but {}", role == Role::output ? "output" : "variable",
                name(id), element, describe(found));
  }

  /// What the bytes of a buffer are behind a launch that makes these elements.
  std::vector<Named> made_names(BufferId id, const Elements& made, int64_t position) {
    const auto origins = names_.origins(made);
    if (const auto* problem = std::get_if<NameProblem>(&origins)) {
      violation("{}", problem->text);
      return {};
    }
    std::vector<Named> result;
    const int64_t size = element_bytes(id);
    const WriteNumber number = new_write(id, where_);
    for (const Elements& elements : std::get<std::vector<Elements>>(origins))
      for (const Run& run : elements.runs())
        result.push_back({.interval = {run.place * size, (run.place + run.count) * size},
                          .name = {.value = elements.value,
                                   .element = run.element,
                                   .step = run.step,
                                   .position = position,
                                   .size = size,
                                   .write = number}});
    return result;
  }

  // ---- what a step touches ---------------------------------------------------------------------

  /// What is written must not be anything else that the launch uses, except where the op allows it.
  void check_overlaps(const Launch& launch, const std::vector<std::optional<Piece>>& inputs,
                      const std::vector<std::optional<Piece>>& outputs) {
    std::map<size_t, ByteMap<Mark>> marked;  // by space: which output
    for (size_t i = 0; i < outputs.size(); ++i) {
      const std::optional<Piece>& written = outputs[i];
      if (!written) continue;
      ByteMap<Mark>& marks = marked[places_[written->buffer].space];
      bool is_new = !has_repeats(*written->view);
      for (const Interval& interval : written->intervals) {
        const Interval at = absolute(*written, interval);
        marks.visit(at, [&](Interval, const Mark* mark) { is_new = is_new && mark == nullptr; });
        marks.assign(at, {.operand = i});
      }
      if (!is_new) violation("writes bytes of {} twice", name(written->buffer));
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i]) continue;
      const auto marks = marked.find(places_[inputs[i]->buffer].space);
      if (marks == marked.end()) continue;
      bool is_sound = true;
      for (const Interval& interval : inputs[i]->intervals)
        marks->second.visit(absolute(*inputs[i], interval), [&](Interval, const Mark* mark) {
          if (mark == nullptr || !is_sound) return;
          const size_t output = mark->operand;
          if (may_share(launch, i, output) && is_same_memory(*inputs[i], *outputs[output])) return;
          is_sound = false;
          violation("writes over its own operand {}", name(inputs[i]->buffer));
        });
    }
  }

  /// Whether several indices are one element.
  static bool has_repeats(const View& view) {
    for (size_t i = 0; i < view.extent.size(); ++i)
      if (view.extent[i] > 1 && view.stride[i] == 0) return true;
    return false;
  }

  static bool may_share(const Launch& launch, size_t input, size_t output) {
    const std::pair<int, int> wanted(static_cast<int>(input), static_cast<int>(output));
    const auto& in_place = launch.op->in_place;
    return std::find(in_place.begin(), in_place.end(), wanted) != in_place.end() ||
           wanted == std::pair(launch.op->accumulator, 0);
  }

  void check_write(const Piece& piece) {
    const BufferId root = owner(piece.buffer);
    if (buffer(root).kind == BufferKind::constant)
      violation("writes to the constant {}", name(root));
    if (is_input_[root] != 0) violation("writes to the input {}", name(root));
    for (const Pending& pending : pending_)
      if (is_touched(pending.read, piece) || is_touched(pending.written, piece))
        violation("writes {} where {} is under way", name(piece.buffer), pending.what);
  }

  [[nodiscard]] bool is_touched(const std::vector<Piece>& busy, const Piece& piece) const {
    return std::ranges::any_of(busy, [&](const Piece& each) {
      return places_[each.buffer].space == places_[piece.buffer].space &&
             touches(marked(each), piece);
    });
  }

  const Schedule& schedule_;
  const MemoryPlan& plan_;
  const schedule::EntryPoint* entry_ = nullptr;
  std::vector<std::string> violations_;
  std::string context_, where_;
  Tick tick_ = 0;
  std::vector<WriteRecord> writes_;
  std::vector<ByteMap<Name>> spaces_;
  IdVector<BufferId, Place> places_;
  IdVector<BufferId, BufferId> owners_;            // the ends of the chains of aliases
  IdVector<BufferId, char> is_input_, is_output_;  // of the entry point being replayed
  std::vector<Pending> pending_;
  // of the entry point being replayed
  Names names_{{}};
  std::map<ir::NodeId, NodePieces> nodes_;
  std::map<ir::ValueId, ir::NodeId> makers_;  // not valid: there before the first step
  std::map<ir::VariableId, ir::ValueId> held_;
};

}  // namespace

std::vector<std::string> validate(const Schedule& schedule, const MemoryPlan& plan) {
  return Replay(schedule, plan).run();
}

}  // namespace tdc::memory
