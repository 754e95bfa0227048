#include "memory/lifetimes.h"

#include <algorithm>
#include <map>

#include "support/check.h"

namespace tdc::memory {
namespace {

using schedule::Affine;
using schedule::BufferId;
using schedule::Copy;
using schedule::Launch;
using schedule::Loop;
using schedule::LoopId;
using schedule::Schedule;
using schedule::Step;
using schedule::TransferId;
using schedule::View;
using schedule::Wait;

/// Bytes [begin, end) of a buffer.
struct Run {
  int64_t begin, end;
};

/// A set of bytes, as sorted disjoint runs.
class Covered {
 public:
  void add(Run run) {
    std::vector<Run> merged;
    for (const Run& other : runs_) {
      if (other.end < run.begin || other.begin > run.end)
        merged.push_back(other);
      else
        run = {std::min(run.begin, other.begin), std::max(run.end, other.end)};
    }
    const auto place =
        std::lower_bound(merged.begin(), merged.end(), run,
                         [](const Run& a, const Run& b) { return a.begin < b.begin; });
    merged.insert(place, run);
    runs_ = std::move(merged);
  }
  [[nodiscard]] bool has(Run run) const {
    return std::any_of(runs_.begin(), runs_.end(), [&](const Run& other) {
      return other.begin <= run.begin && run.end <= other.end;
    });
  }

 private:
  std::vector<Run> runs_;
};

/// Calls `visit` with the runs of a view whose first element, of `element_bytes`, is `offset`.
template <typename Visit>
void for_each_run(const View& view, int64_t offset, int64_t element_bytes, Visit visit) {
  size_t outer = view.extent.size();
  int64_t length = 1;
  while (outer > 0 && (view.extent[outer - 1] == 1 || view.stride[outer - 1] == length))
    length *= view.extent[--outer];
  std::vector<int64_t> index(outer, 0);
  while (true) {
    int64_t begin = offset;
    for (size_t axis = 0; axis < outer; ++axis) begin += index[axis] * view.stride[axis];
    visit(Run{begin * element_bytes, (begin + length) * element_bytes});
    size_t axis = outer;
    while (axis > 0 && ++index[axis - 1] == view.extent[axis - 1]) index[--axis] = 0;
    if (axis == 0) return;
  }
}

/// A loop as a range of ticks.
struct LoopTicks {
  const Loop* loop;
  Tick begin, end;
};

class Finder {
 public:
  explicit Finder(const Schedule& schedule) : schedule_(schedule) {
    roots_.resize(schedule.buffers.size());
    for (const BufferId buffer : schedule.buffers.ids()) {
      const BufferId root = root_of(schedule, buffer);
      roots_[buffer] = root;
      TDC_CHECK(ir::byte_size(schedule.buffers[buffer].type) <=
                    ir::byte_size(schedule.buffers[root].type),
                "`{}` is larger than `{}`, whose memory it uses", schedule.buffers[buffer].name,
                schedule.buffers[root].name);
      TDC_CHECK(schedule.buffers[buffer].level == schedule.buffers[root].level,
                "`{}` is not in the level of `{}`, whose memory it uses",
                schedule.buffers[buffer].name, schedule.buffers[root].name);
    }
    uses_.resize(schedule.buffers.size());
  }

  Lifetimes find() {
    for (const schedule::EntryPoint& entry : schedule_.entry_points) {
      transfers_.clear();
      collect_transfers(entry.steps);
      const Tick begin = now();
      loops_.clear();
      walk(entry.steps);
      result_.entry_points.push_back({begin, now()});
      for (const BufferId buffer : schedule_.buffers.ids()) close(buffer);
    }
    for (const BufferId id : schedule_.buffers.ids()) {
      const schedule::Buffer& buffer = schedule_.buffers[id];
      if (roots_[id] != id) continue;
      Lifetime lifetime = {.buffer = id, .size = ir::byte_size(buffer.type)};
      if (buffer.kind == schedule::BufferKind::variable) {
        lifetime.is_variable = true;
        lifetime.last = std::max<Tick>(0, now() - 1);
      } else if (buffer.kind == schedule::BufferKind::temporary && uses_[id].is_used) {
        lifetime.first = uses_[id].first;
        lifetime.last = uses_[id].last;
      } else {
        continue;
      }
      result_.lifetimes.push_back(lifetime);
    }
    return std::move(result_);
  }

 private:
  /// What is known of one root.
  struct Uses {
    std::vector<Tick> ticks;  ///< in the entry point being walked, ascending
    bool is_used = false;
    Tick first = 0, last = 0;  ///< over the entry points so far
  };

  [[nodiscard]] Tick now() const { return static_cast<Tick>(result_.steps.size()); }

  void use(BufferId buffer) {
    std::vector<Tick>& ticks = uses_[roots_[buffer]].ticks;
    if (ticks.empty() || ticks.back() != now()) ticks.push_back(now());
  }

  void collect_transfers(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      if (const auto* loop = std::get_if<Loop>(&step)) collect_transfers(loop->steps);
      const auto* copy = std::get_if<Copy>(&step);
      if (copy != nullptr && copy->transfer) transfers_[*copy->transfer].push_back(copy);
    }
  }

  void walk(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      if (const auto* loop = std::get_if<Loop>(&step)) {
        const Tick begin = now();
        walk(loop->steps);
        loops_.push_back({loop, begin, now()});
        continue;
      }
      if (const auto* launch = std::get_if<Launch>(&step)) {
        for (const std::optional<View>& input : launch->inputs)
          if (input) use(input->buffer);
        for (const View& output : launch->outputs) use(output.buffer);
        if (launch->scratch) use(*launch->scratch);
      } else if (const auto* copy = std::get_if<Copy>(&step)) {
        use(copy->from.buffer);
        use(copy->to.buffer);
      } else if (const auto* wait = std::get_if<Wait>(&step)) {
        for (const Copy* pending : transfers_[wait->transfer]) {
          use(pending->from.buffer);
          use(pending->to.buffer);
        }
      }
      result_.steps.push_back(&step);
    }
  }

  /// Adds the uses of the entry point just walked to the lifetime of a root.
  void close(BufferId root) {
    Uses& uses = uses_[root];
    if (uses.ticks.empty()) return;
    Tick first = uses.ticks.front();
    Tick last = uses.ticks.back();
    for (const LoopTicks& loop : loops_) {
      const auto use = std::lower_bound(uses.ticks.begin(), uses.ticks.end(), loop.begin);
      if (use == uses.ticks.end() || *use >= loop.end) continue;
      const bool is_inside = loop.begin <= uses.ticks.front() && uses.ticks.back() < loop.end;
      if (is_inside && is_written_before_read(root, *loop.loop)) continue;
      first = std::min(first, loop.begin);
      last = std::max(last, loop.end - 1);
    }
    uses.first = uses.is_used ? std::min(uses.first, first) : first;
    uses.last = uses.is_used ? std::max(uses.last, last) : last;
    uses.is_used = true;
    uses.ticks.clear();
  }

  // ---- loops -----------------------------------------------------------------------------------

  /// Plays one turn of `loop`, inner loops in full, and asks whether each read of `root` finds what
  /// this turn wrote. Views that depend on the index of `loop` or of a loop around it are not
  /// followed: the answer is no.
  [[nodiscard]] bool is_written_before_read(BufferId root, const Loop& loop) const {
    Covered covered;
    std::map<LoopId, int64_t> inner;
    return play(loop.steps, root, inner, covered);
  }

  bool play(const std::vector<Step>& steps, BufferId root, std::map<LoopId, int64_t>& inner,
            Covered& covered) const {
    for (const Step& step : steps) {
      if (const auto* loop = std::get_if<Loop>(&step)) {
        for (int64_t index = loop->begin; index < loop->end; index += loop->step) {
          inner[loop->id] = index;
          if (!play(loop->steps, root, inner, covered)) return false;
        }
        inner.erase(loop->id);
      } else if (const auto* launch = std::get_if<Launch>(&step)) {
        for (const std::optional<View>& input : launch->inputs)
          if (input && !read(*input, root, inner, covered)) return false;
        for (const View& output : launch->outputs)
          if (!write(output, root, inner, covered)) return false;
      } else if (const auto* copy = std::get_if<Copy>(&step)) {
        if (!read(copy->from, root, inner, covered)) return false;
        if (!write(copy->to, root, inner, covered)) return false;
      } else if (const auto* wait = std::get_if<Wait>(&step)) {
        for (const Copy* pending : transfers_.at(wait->transfer)) {
          if (!read(pending->from, root, inner, covered)) return false;
          if (!read(pending->to, root, inner, covered)) return false;
        }
      }
    }
    return true;
  }

  bool read(const View& view, BufferId root, const std::map<LoopId, int64_t>& inner,
            const Covered& covered) const {
    if (roots_[view.buffer] != root) return true;
    const std::optional<int64_t> offset = evaluate(view.offset, inner);
    if (!offset) return false;
    bool is_covered = true;
    for_each_run(view, *offset, element_bytes(view),
                 [&](Run run) { is_covered = is_covered && covered.has(run); });
    return is_covered;
  }

  bool write(const View& view, BufferId root, const std::map<LoopId, int64_t>& inner,
             Covered& covered) const {
    if (roots_[view.buffer] != root) return true;
    const std::optional<int64_t> offset = evaluate(view.offset, inner);
    if (!offset) return false;
    for_each_run(view, *offset, element_bytes(view), [&](Run run) { covered.add(run); });
    return true;
  }

  [[nodiscard]] int64_t element_bytes(const View& view) const {
    return ir::byte_size(schedule_.buffers[view.buffer].type.dtype).count;
  }

  static std::optional<int64_t> evaluate(const Affine& affine,
                                         const std::map<LoopId, int64_t>& inner) {
    int64_t value = affine.constant;
    for (const auto& [loop, coefficient] : affine.terms) {
      const auto found = inner.find(loop);
      if (found == inner.end()) return std::nullopt;
      value += coefficient * found->second;
    }
    return value;
  }

  const Schedule& schedule_;
  Lifetimes result_;
  IdVector<BufferId, BufferId> roots_;
  IdVector<BufferId, Uses> uses_;
  std::vector<LoopTicks> loops_;  ///< of the entry point being walked, inner before outer
  std::map<TransferId, std::vector<const Copy*>> transfers_;  ///< the same
};

}  // namespace

BufferId root_of(const Schedule& schedule, BufferId buffer) {
  for (size_t links = 0; links <= schedule.buffers.size(); ++links) {
    const std::optional<schedule::Alias>& alias = schedule.buffers[buffer].alias;
    if (!alias) return buffer;
    buffer = alias->of;
  }
  TDC_CHECK(false, "the aliases of `{}` form a cycle", schedule.buffers[buffer].name);
  return buffer;
}

Lifetimes find_lifetimes(const Schedule& schedule) {
  return Finder(schedule).find();
}

}  // namespace tdc::memory
