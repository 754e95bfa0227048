#include "memory/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "ops/op.h"

// The memory of the replay holds no numbers but the names of writes. Each write gets a number, and
// is entered twice: into the memory it goes to, and into the contents of the buffer it is meant
// for. A read compares the two.
//
//     memory of L2       [ 1 1 1 1 | 4 4 | 2 2 2 ]      write 4 went over the end of what 3 wrote:
//     contents of `h`              [ 3 3 | 3 ]          whoever reads `h` now finds 4 where 3
//     contents of `dy`             [ 4 4 ]              should be
//
// A buffer in another's memory that nobody has written to is a view of it: its contents are the
// other's. One that has been written (in-place results, new versions of variables) has contents of
// its own, and whoever reads the old buffer finds the new write.

namespace tdc::memory {
namespace {

using schedule::BufferId;
using schedule::BufferKind;
using schedule::Copy;
using schedule::Launch;
using schedule::Schedule;
using schedule::Step;
using schedule::TransferId;
using schedule::View;
using schedule::Wait;

constexpr size_t kMostViolations = 20;

/// Index into the list of writes. 0 is no write.
using WriteNumber = uint32_t;

/// Bytes [begin, end).
struct Interval {
  int64_t begin, end;
};

/// A value for each byte; 0 where nothing was assigned.
class IntervalMap {
 public:
  void assign(Interval interval, uint32_t value) {
    if (interval.begin >= interval.end) return;
    split(interval.begin);
    split(interval.end);
    pieces_.erase(pieces_.lower_bound(interval.begin), pieces_.lower_bound(interval.end));
    pieces_.emplace(interval.begin, Piece{interval.end, value});
  }

  /// Calls `visit(interval, value)` for consecutive pieces of `interval`.
  template <typename Visit>
  void visit(Interval interval, Visit visit) const {
    int64_t at = interval.begin;
    auto piece = pieces_.upper_bound(at);
    if (piece != pieces_.begin() && std::prev(piece)->second.end > at) --piece;
    while (at < interval.end) {
      if (piece == pieces_.end() || piece->first >= interval.end) {
        visit(Interval{at, interval.end}, 0U);
        return;
      }
      if (piece->first > at) visit(Interval{at, piece->first}, 0U);
      const int64_t begin = std::max(at, piece->first);
      const int64_t end = std::min(interval.end, piece->second.end);
      visit(Interval{begin, end}, piece->second.value);
      at = end;
      ++piece;
    }
  }

  void clear() { pieces_.clear(); }

 private:
  struct Piece {
    int64_t end;
    uint32_t value;
  };

  void split(int64_t at) {
    auto piece = pieces_.upper_bound(at);
    if (piece == pieces_.begin()) return;
    --piece;
    if (piece->first == at || piece->second.end <= at) return;
    pieces_.emplace(at, piece->second);
    piece->second.end = at;
  }

  std::map<int64_t, Piece> pieces_;
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
  std::string by;
};

class Replay {
 public:
  Replay(const Schedule& schedule, const MemoryPlan& plan) : schedule_(schedule), plan_(plan) {
    writes_.push_back({});
    contents_.resize(schedule.buffers.size());
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

  void fill(BufferId id, std::string by) {
    if (!places_[id].is_known) return;
    const WriteNumber number = new_write(id, std::move(by));
    const int64_t base = places_[id].base;
    spaces_[places_[id].space].assign({base, base + bytes(id)}, number);
    contents_[id].assign({0, bytes(id)}, number);
  }

  void begin_call() {
    context_ = fmt::format("{}: ", entry_->name);
    pending_.clear();
    for (IntervalMap& contents : contents_) contents.clear();
    std::fill(is_input_.begin(), is_input_.end(), 0);
    std::fill(is_output_.begin(), is_output_.end(), 0);
    for (const schedule::Argument& argument : entry_->arguments) {
      if (buffer(argument.buffer).kind != BufferKind::argument) {
        violation("argument `{}` is no argument buffer", argument.name);
        continue;
      }
      (argument.is_output ? is_output_ : is_input_)[argument.buffer] = 1;
      if (argument.is_output)
        spaces_[places_[argument.buffer].space].clear();
      else
        fill(argument.buffer, "the caller");
    }
    for (const BufferId id : schedule_.buffers.ids()) {
      const bool lives_between_calls =
          buffer(id).kind == BufferKind::variable || buffer(id).kind == BufferKind::constant;
      if (lives_between_calls && !buffer(id).alias) fill(id, "an earlier call");
    }
  }

  void end_call() {
    context_ = fmt::format("{}, at the end: ", entry_->name);
    for (const PendingCopy& copy : pending_)
      violation("transfer t{} is never waited for", copy.transfer.index);
    for (const BufferId id : schedule_.buffers.ids()) {
      if (buffer(id).alias || !places_[id].is_known) continue;
      const Place& place = places_[id];
      const Interval all = {place.base, place.base + bytes(id)};
      bool is_sound = true;
      std::string found = "nothing";
      spaces_[place.space].visit(all, [&](Interval, WriteNumber number) {
        const bool is_own = buffer(id).kind == BufferKind::variable
                                ? number != 0 && is_version_of(writes_[number].buffer, id)
                                : number != 0;
        if (is_own || !is_sound) return;
        is_sound = false;
        if (number != 0) found = name(writes_[number].buffer);
      });
      if (is_sound) continue;
      if (buffer(id).kind == BufferKind::variable)
        violation("variable {} holds {}", name(id), found);
      else if (is_output_[id] != 0)
        violation("output {} is not completely written", name(id));
    }
  }

  /// Whether `id` is the buffer of the variable that `variable` belongs to, or a later version.
  [[nodiscard]] bool is_version_of(BufferId id, BufferId variable) const {
    return id == variable ||
           (owner(id) == variable && buffer(id).variable == buffer(variable).variable);
  }

  // ---- steps -----------------------------------------------------------------------------------

  /// Returns the tick after the last of `steps`.
  Tick replay(const std::vector<Step>& steps, Tick tick) {
    for (const Step& step : steps) {
      tick_ = tick++;
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

  /// Whether a view is what the launch's box takes of an operand of shape `dims`: its shape, and,
  /// where the buffer holds the whole operand as it is, its place. Regions are found by this code
  /// alone: by the extreme corners of the box.
  void check_region(const View& view, const ops::Access& access, const ops::Box& box,
                    const ir::Dims& dims) {
    ir::Dims begin, extent;
    for (const ops::Reach& reach : access.dims) {
      double first = 0, last = 0;
      for (const ops::Reach::Term& term : reach.terms) {
        const auto at_begin = static_cast<double>(term.coefficient * box[term.axis].begin);
        const auto at_end = static_cast<double>(term.coefficient * (box[term.axis].end - 1));
        first += term.coefficient > 0 ? at_begin : at_end;
        last += term.coefficient > 0 ? at_end : at_begin;
      }
      for (const ops::Window& window : reach.windows) {
        const auto scale = static_cast<double>(window.scale);
        const auto divisor = static_cast<double>(window.divisor);
        first = std::ceil((first * scale + static_cast<double>(window.low)) / divisor);
        last = std::floor((last * scale + static_cast<double>(window.high)) / divisor);
        first = std::max(first, 0.0);
        last = std::min(last, static_cast<double>(window.extent - 1));
      }
      const bool is_empty = first > last;
      begin.push_back(is_empty ? 0 : static_cast<int64_t>(first));
      extent.push_back(is_empty ? 0 : static_cast<int64_t>(last - first) + 1);
    }
    if (view.extent != extent) {
      violation("a view of {} has shape {}, its box takes {}", name(view.buffer),
                ir::to_text(view.extent), ir::to_text(extent));
      return;
    }
    ir::Dims dense(dims.size(), 1);
    for (size_t i = dims.size(); i > 1; --i) dense[i - 2] = dense[i - 1] * dims[i - 1];
    if (view.stride != dense ||
        bytes(view.buffer) != ir::element_count(dims) * element_bytes(view.buffer))
      return;
    int64_t place = 0;
    for (size_t i = 0; i < dims.size(); ++i) place += begin[i] * dense[i];
    if (view.offset != place)
      violation("a view of {} starts at element {}, its box at {}", name(view.buffer), view.offset,
                place);
  }

  void check_regions(const Launch& launch) {
    if (launch.op == nullptr || launch.op->space == nullptr) return;
    const ops::Space space = launch.op->space(launch.call);
    if (const std::optional<std::string> problem = ops::cut_problem(space, launch.box)) {
      violation("{}", *problem);
      return;
    }
    for (size_t i = 0; i < launch.inputs.size(); ++i)
      if (launch.inputs[i])
        check_region(*launch.inputs[i], *space.inputs[i], launch.box, launch.call.input(i).dims);
    for (size_t i = 0; i < launch.outputs.size(); ++i)
      check_region(launch.outputs[i], space.outputs[i], launch.box, launch.call.output(i).dims);
  }

  void replay_launch(const Launch& launch) {
    check_regions(launch);
    std::vector<std::optional<Piece>> inputs;
    std::vector<std::optional<Piece>> outputs;
    for (const std::optional<View>& input : launch.inputs)
      inputs.push_back(input ? resolve(*input) : std::nullopt);
    for (const View& output : launch.outputs) outputs.push_back(resolve(output));
    std::optional<Piece> scratch;
    if (launch.scratch) scratch = resolve_all(*launch.scratch);

    for (const std::optional<Piece>& input : inputs)
      if (input) check_read(*input);
    check_overlaps(launch, inputs, outputs, scratch);
    if (launch.op->accumulator >= 0) {
      const auto index = static_cast<size_t>(launch.op->accumulator);
      if (index < inputs.size() && inputs[index] && !outputs.empty() && outputs[0] &&
          !is_same_memory(*inputs[index], *outputs[0]))
        violation("continues the sum in {}, but writes to {}", name(inputs[index]->buffer),
                  name(outputs[0]->buffer));
    }
    for (const std::optional<Piece>& output : outputs)
      if (output) write(*output);
    if (scratch) write(*scratch);
  }

  void replay_copy(const Copy& copy) {
    const std::optional<Piece> from = resolve(copy.from);
    const std::optional<Piece> to = resolve(copy.to);
    if (!from || !to) return;
    if (copy.from.extent != copy.to.extent ||
        element_bytes(copy.from.buffer) != element_bytes(copy.to.buffer))
      violation("copies {} to a different shape of {}", name(from->buffer), name(to->buffer));
    check_read(*from);
    IntervalMap source;
    for (const Interval& interval : from->intervals) source.assign(absolute(*from, interval), 1);
    if (places_[from->buffer].space == places_[to->buffer].space && touches(source, *to))
      violation("copies {} over itself", name(from->buffer));
    const WriteNumber number = write(*to);
    if (!copy.transfer) return;
    // Until the Wait the bytes hold nothing that may be read.
    for (const Interval& interval : to->intervals) contents_[to->buffer].assign(interval, 0);
    for (const PendingCopy& other : pending_)
      if (other.transfer == *copy.transfer)
        violation("transfer t{} is started twice", copy.transfer->index);
    pending_.push_back({.transfer = *copy.transfer, .from = *from, .to = *to, .number = number});
  }

  void replay_wait(const Wait& wait) {
    const auto found = std::find_if(pending_.begin(), pending_.end(), [&](const PendingCopy& copy) {
      return copy.transfer == wait.transfer;
    });
    if (found == pending_.end()) {
      violation("transfer t{} was not started", wait.transfer.index);
      return;
    }
    check_tick(found->from.buffer);
    check_tick(found->to.buffer);
    for (const Interval& interval : found->to.intervals)
      contents_[found->to.buffer].assign(interval, found->number);
    pending_.erase(found);
  }

  // ---- views -----------------------------------------------------------------------------------

  std::optional<Piece> resolve_all(BufferId id) {
    if (!is_accessible(id)) return std::nullopt;
    return Piece{.buffer = id, .start = 0, .view = nullptr, .intervals = {{0, bytes(id)}}};
  }

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
    int64_t lowest = piece.start, highest = piece.start;
    for (size_t axis = 0; axis < view.extent.size(); ++axis) {
      if (view.extent[axis] < 1) return piece;  // touches nothing
      const int64_t reach = (view.extent[axis] - 1) * view.stride[axis];
      (reach < 0 ? lowest : highest) += reach;
    }
    const int64_t elements = bytes(view.buffer) / element_bytes(view.buffer);
    if (lowest < 0 || highest >= elements) {
      violation("a view of {} reaches elements {} to {} of {}", name(view.buffer), lowest, highest,
                elements);
      return std::nullopt;
    }
    add_intervals(view, piece.start, 0, piece.intervals);
    return piece;
  }

  /// Appends the bytes of the axes from `axis` on, starting at element `start`; joins neighbours.
  void add_intervals(const View& view, int64_t start, size_t axis,
                     std::vector<Interval>& intervals) const {
    const int64_t size = element_bytes(view.buffer);
    bool is_dense = true;
    int64_t count = 1;
    for (size_t i = view.extent.size(); i > axis; --i) {
      is_dense = is_dense && (view.extent[i - 1] == 1 || view.stride[i - 1] == count);
      count *= view.extent[i - 1];
    }
    if (!is_dense) {
      for (int64_t i = 0; i < view.extent[axis]; ++i)
        add_intervals(view, start + i * view.stride[axis], axis + 1, intervals);
    } else if (!intervals.empty() && intervals.back().end == start * size) {
      intervals.back().end += count * size;
    } else {
      intervals.push_back({start * size, (start + count) * size});
    }
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
    if (a.view == nullptr || b.view == nullptr) return false;
    const int64_t a_start = places_[a.buffer].base + a.start * element_bytes(a.buffer);
    const int64_t b_start = places_[b.buffer].base + b.start * element_bytes(b.buffer);
    return places_[a.buffer].space == places_[b.buffer].space && a_start == b_start &&
           buffer(a.buffer).type.dtype == buffer(b.buffer).type.dtype &&
           a.view->extent == b.view->extent && a.view->stride == b.view->stride;
  }

  [[nodiscard]] bool touches(const IntervalMap& marked, const Piece& piece) const {
    bool found = false;
    for (const Interval& interval : piece.intervals)
      marked.visit(absolute(piece, interval),
                   [&](Interval, uint32_t value) { found = found || value != 0; });
    return found;
  }

  // ---- reads and writes ------------------------------------------------------------------------

  /// The write that `interval` of a buffer should hold, in pieces.
  template <typename Visit>
  void visit_contents(BufferId id, Interval interval, const Visit& visit) const {
    contents_[id].visit(interval, [&](Interval piece, WriteNumber number) {
      if (number == 0 && buffer(id).alias)
        visit_contents(buffer(id).alias->of, piece, visit);
      else
        visit(piece, number);
    });
  }

  void check_read(const Piece& piece) {
    bool is_sound = true;
    const IntervalMap& memory = spaces_[places_[piece.buffer].space];
    for (const Interval& interval : piece.intervals) {
      visit_contents(piece.buffer, interval, [&](Interval part, WriteNumber expected) {
        if (!is_sound) return;
        if (expected == 0) {
          violation("reads {}, bytes {}..{} of which nothing wrote in this call",
                    name(piece.buffer), part.begin, part.end);
          is_sound = false;
          return;
        }
        memory.visit(absolute(piece, part), [&](Interval at, WriteNumber found) {
          if (!is_sound || found == expected) return;
          is_sound = false;
          violation("reads {} as {} wrote it, but finds at {} what {} wrote to {}",
                    name(piece.buffer), writes_[expected].by, at.begin,
                    found == 0 ? "nobody" : writes_[found].by,
                    found == 0 ? "it" : name(writes_[found].buffer));
        });
      });
    }
  }

  /// What is written must not be anything else that the launch uses, except where the op allows it.
  void check_overlaps(const Launch& launch, const std::vector<std::optional<Piece>>& inputs,
                      const std::vector<std::optional<Piece>>& outputs,
                      const std::optional<Piece>& scratch) {
    std::map<size_t, IntervalMap> marked;  // by space: output index + 1
    for (size_t i = 0; i <= outputs.size(); ++i) {
      const std::optional<Piece>& written = i < outputs.size() ? outputs[i] : scratch;
      if (!written) continue;
      IntervalMap& map = marked[places_[written->buffer].space];
      for (const Interval& interval : written->intervals) {
        const Interval at = absolute(*written, interval);
        bool is_new = true;
        map.visit(at, [&](Interval, uint32_t value) { is_new = is_new && value == 0; });
        if (!is_new) {
          violation("writes bytes of {} twice", name(written->buffer));
          break;
        }
        map.assign(at, static_cast<uint32_t>(i + 1));
      }
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i]) continue;
      const auto map = marked.find(places_[inputs[i]->buffer].space);
      if (map == marked.end()) continue;
      bool is_sound = true;
      for (const Interval& interval : inputs[i]->intervals)
        map->second.visit(absolute(*inputs[i], interval), [&](Interval, uint32_t value) {
          if (value == 0 || !is_sound) return;
          const size_t output = value - 1;
          if (output < outputs.size() && may_share(launch, i, output) &&
              is_same_memory(*inputs[i], *outputs[output]))
            return;
          is_sound = false;
          violation("writes over its own operand {}", name(inputs[i]->buffer));
        });
    }
  }

  static bool may_share(const Launch& launch, size_t input, size_t output) {
    const std::pair<int, int> wanted(static_cast<int>(input), static_cast<int>(output));
    const auto& in_place = launch.op->in_place;
    return std::find(in_place.begin(), in_place.end(), wanted) != in_place.end() ||
           wanted == std::pair(launch.op->accumulator, 0);
  }

  WriteNumber write(const Piece& piece) {
    const BufferId root = owner(piece.buffer);
    if (buffer(root).kind == BufferKind::constant)
      violation("writes to the constant {}", name(root));
    if (is_input_[root] != 0) violation("writes to the input {}", name(root));
    for (const PendingCopy& copy : pending_)
      for (const Piece* busy : {&copy.from, &copy.to}) {
        if (places_[busy->buffer].space != places_[piece.buffer].space) continue;
        IntervalMap map;
        for (const Interval& interval : busy->intervals) map.assign(absolute(*busy, interval), 1);
        if (touches(map, piece))
          violation("writes {} where transfer t{} is under way", name(piece.buffer),
                    copy.transfer.index);
      }
    const WriteNumber number = new_write(piece.buffer, where_);
    for (const Interval& interval : piece.intervals) {
      spaces_[places_[piece.buffer].space].assign(absolute(piece, interval), number);
      contents_[piece.buffer].assign(interval, number);
    }
    return number;
  }

  struct PendingCopy {
    TransferId transfer;
    Piece from, to;
    WriteNumber number;
  };

  const Schedule& schedule_;
  const MemoryPlan& plan_;
  const schedule::EntryPoint* entry_ = nullptr;
  std::vector<std::string> violations_;
  std::string context_, where_;
  Tick tick_ = 0;
  std::vector<WriteRecord> writes_;
  std::vector<IntervalMap> spaces_;
  IdVector<BufferId, IntervalMap> contents_;  // by bytes of the buffer
  IdVector<BufferId, Place> places_;
  IdVector<BufferId, BufferId> owners_;  // the ends of the chains of aliases
  IdVector<BufferId, char> is_input_, is_output_;  // of the entry point being replayed
  std::vector<PendingCopy> pending_;
};

}  // namespace

std::vector<std::string> validate(const Schedule& schedule, const MemoryPlan& plan) {
  return Replay(schedule, plan).run();
}

}  // namespace tdc::memory
