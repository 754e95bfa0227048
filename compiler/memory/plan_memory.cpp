#include "memory/plan_memory.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <optional>

#include "schedule/text.h"
#include "support/check.h"

// Where does each buffer lie? Rectangles of fixed width in time and fixed height in bytes are moved
// up and down until none overlap and the pile is low ("dynamic storage allocation", NP-complete).
//
//     bytes                                       Whatever the placing, the pile is at least as
//     high
//       |        +-----+                          as the most bytes live at one tick. A plan that
//       |  +-----+  c  +------+                   reaches this bound is proved to be best.
//       |  |  b  +-----+   d  |
//       |  +-----+-----+------+
//       |  |        a         |
//       +--+------------------+---> ticks
//
// One placing is a greedy run: in some order, each buffer goes into the smallest gap between the
// buffers that are placed already and live at the same time, or on top. Four orders are tried:
//   by_size      large first. Y. Pisarchyk and J. Lee, "Efficient Memory Management for Deep Neural
//                Net Inference", 2020 (arXiv 2001.03288); TensorFlow Lite's GreedyMemoryPlanner.
//   by_lifetime  long first: what spans a whole training step goes below what comes and goes.
//   by_area      bytes times ticks, a compromise of the two.
//   by_start     as they come; with best fit that is the order of T. Sekiyama et al., "Profile-
//                guided Memory Optimization for Deep Neural Networks", 2018 (arXiv 1804.10001).
// If no order reaches the bound, a local search changes the best order: a buffer at the top of the
// pile moves to an earlier turn, or two buffers change turns, and what is not worse is kept (the
// hill climbing of TVM's unified static memory planner, without its random restarts). Its length is
// counted in comparisons, not in seconds, and its random numbers are its own, so that the same
// input gives the same plan everywhere.

namespace tdc::memory {
namespace {

using chip::Chip;
using chip::MemoryLevel;
using schedule::BufferId;
using schedule::BufferKind;
using schedule::Schedule;

/// The most comparisons of two lifetimes that one local search makes: about a tenth of a second;
/// and one that only asks whether there are places.
constexpr int64_t kSearchComparisons = 60'000'000, kQuickComparisons = kSearchComparisons / 16;

/// How many tensors a message lists.
constexpr size_t kLargestInMessage = 6;

/// One temporary, in the arena above the variables.
struct Item {
  int64_t size;    ///< bytes
  int64_t padded;  ///< rounded up to the alignment; so every offset is aligned
  Tick first, last;
};

using Order = std::vector<uint32_t>;

struct Placing {
  std::vector<int64_t> offsets;
  int64_t peak = 0;
};

/// Placed items in the order of their offsets, in groups of neighbours. Neighbours were often
/// placed one after another and live at similar times, so most groups are passed over as a whole:
///
///     offset ^  [ a ][ b ][ c ]      one after another: only one of many groups lives at a tick
///            | [   d   ]
///            |[    e    ]            one in another: a solid block for all that meets the middle
///            +-----------------> tick
class Pile {
 public:
  explicit Pile(const std::vector<Item>& items) : items_(items) {}

  void clear() {
    groups_.resize(std::min<size_t>(groups_.size(), 1));
    if (!groups_.empty()) groups_[0] = {};
    count_ = 0;
  }
  [[nodiscard]] int64_t count() const { return count_; }

  /// The lowest of the smallest gaps that hold the item, or the top of what it overlaps.
  [[nodiscard]] int64_t best_fit(const Item& item, const std::vector<int64_t>& offsets) const {
    Fit fit;
    for (const Group& group : groups_) {
      if (group.last < item.first || item.last < group.first) continue;
      const bool all_overlap = group.latest_first <= item.last && item.first <= group.earliest_last;
      if (all_overlap && group.widest_gap < item.padded) {
        fit.pass(group.begin, group.top, item.padded);
        continue;
      }
      for (const uint32_t other : group.indices) {
        const Item& neighbour = items_[other];
        if (neighbour.last < item.first || item.last < neighbour.first) continue;
        fit.pass(offsets[other], offsets[other] + neighbour.padded, item.padded);
      }
    }
    return fit.best >= 0 ? fit.best : fit.top;
  }

  /// Behind those with the same offset.
  void insert(uint32_t index, const std::vector<int64_t>& offsets) {
    ++count_;
    if (groups_.empty()) groups_.emplace_back();
    const int64_t offset = offsets[index];
    const auto behind =
        std::upper_bound(groups_.begin(), groups_.end(), offset,
                         [](int64_t value, const Group& group) { return value < group.begin; });
    const auto group = behind == groups_.begin() ? behind : std::prev(behind);
    std::vector<uint32_t>& indices = group->indices;
    indices.insert(
        std::upper_bound(indices.begin(), indices.end(), offset,
                         [&](int64_t value, uint32_t other) { return value < offsets[other]; }),
        index);
    if (indices.size() <= kLargestGroup) {
      if (groups_.size() > 1) summarise(*group, offsets);
      return;
    }
    Group upper;
    upper.indices.assign(indices.begin() + static_cast<std::ptrdiff_t>(kLargestGroup / 2),
                         indices.end());
    indices.resize(kLargestGroup / 2);
    summarise(*group, offsets);
    summarise(upper, offsets);
    groups_.insert(std::next(group), std::move(upper));
  }

 private:
  static constexpr size_t kLargestGroup = 128;

  /// As long as there is only one it is never passed over, and nothing is known of it.
  struct Group {
    std::vector<uint32_t> indices;
    int64_t begin = 0, top = 0;        ///< bytes of the arena
    Tick first = 0, last = INT64_MAX;  ///< when any of them is alive
    Tick latest_first = 0;             ///< all of them are alive from here
    Tick earliest_last = -1;           ///< to here, if that is later
    int64_t widest_gap = INT64_MAX;    ///< between them while all are alive
  };

  /// The gaps under what has been passed, from below.
  struct Fit {
    int64_t best = -1, best_gap = INT64_MAX, top = 0;
    void pass(int64_t begin, int64_t end, int64_t wanted) {
      const int64_t gap = begin - top;
      if (gap >= wanted && gap < best_gap) {
        best = top;
        best_gap = gap;
      }
      top = std::max(top, end);
    }
  };

  void summarise(Group& group, const std::vector<int64_t>& offsets) const {
    group.begin = offsets[group.indices.front()];
    group.top = group.begin;
    group.widest_gap = 0;
    group.first = group.earliest_last = INT64_MAX;
    group.last = group.latest_first = -1;
    for (const uint32_t index : group.indices) {
      const Item& item = items_[index];
      group.widest_gap = std::max(group.widest_gap, offsets[index] - group.top);
      group.top = std::max(group.top, offsets[index] + item.padded);
      group.first = std::min(group.first, item.first);
      group.last = std::max(group.last, item.last);
      group.latest_first = std::max(group.latest_first, item.first);
      group.earliest_last = std::min(group.earliest_last, item.last);
    }
  }

  const std::vector<Item>& items_;
  std::vector<Group> groups_;
  int64_t count_ = 0;
};

class Placer {
 public:
  explicit Placer(const std::vector<Item>& items) : items_(items), pile_(items) {}

  /// Places all items in the given order. Gives up (returns false) when the pile gets higher than
  /// `limit` bytes.
  bool place(const Order& order, int64_t limit, Placing& placing) {
    placing.offsets.assign(items_.size(), 0);
    placing.peak = 0;
    pile_.clear();
    for (const uint32_t index : order) {
      const Item& item = items_[index];
      comparisons_ += pile_.count();
      const int64_t offset = pile_.best_fit(item, placing.offsets);
      placing.offsets[index] = offset;
      placing.peak = std::max(placing.peak, offset + item.size);
      if (placing.peak > limit) return false;
      pile_.insert(index, placing.offsets);
    }
    return true;
  }

  /// Comparisons made so far, as if each item were compared with all that are placed.
  [[nodiscard]] int64_t comparisons() const { return comparisons_; }

 private:
  const std::vector<Item>& items_;
  Pile pile_;
  int64_t comparisons_ = 0;
};

/// SplitMix64 (Steele, Lea and Flood 2014).
class Random {
 public:
  /// A number below `bound`, which is positive.
  uint32_t below(size_t bound) {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return static_cast<uint32_t>((z ^ (z >> 31)) % bound);
  }

 private:
  uint64_t state_ = 0;
};

/// Changes `order` and `best` until `bound` is reached or `comparisons` are used up. True if the
/// peak got lower.
bool search(const std::vector<Item>& items, int64_t bound, int64_t comparisons, Order& order,
            Placing& best) {
  const int64_t start = best.peak;
  Placer placer(items);
  Random random;
  Order candidate;
  Placing placing;
  while (best.peak > bound && placer.comparisons() < comparisons) {
    candidate = order;
    const auto at_top = std::find_if(order.begin(), order.end(), [&](uint32_t index) {
      return best.offsets[index] + items[index].size == best.peak;
    });
    const auto turn = static_cast<size_t>(at_top - order.begin());
    if (turn > 0 && random.below(2) == 0) {
      const size_t earlier = random.below(turn);
      std::rotate(candidate.begin() + static_cast<std::ptrdiff_t>(earlier),
                  candidate.begin() + static_cast<std::ptrdiff_t>(turn),
                  candidate.begin() + static_cast<std::ptrdiff_t>(turn) + 1);
    } else {
      std::swap(candidate[random.below(order.size())], candidate[random.below(order.size())]);
    }
    if (!placer.place(candidate, best.peak, placing)) continue;
    std::swap(order, candidate);
    std::swap(best, placing);
  }
  return best.peak < start;
}

/// The most bytes that any placing needs at one tick. All buffers but the topmost are followed by
/// another one at an aligned offset, so all but one count with their padding; the one that does not
/// is, at best, the one with the most padding.
int64_t max_live_bytes(const std::vector<Item>& items) {
  struct Event {
    Tick tick;
    int64_t padded, padding;
    bool is_start;
  };
  std::vector<Event> events;
  for (const Item& item : items) {
    events.push_back({item.first, item.padded, item.padded - item.size, true});
    events.push_back({item.last + 1, item.padded, item.padded - item.size, false});
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.tick < b.tick; });
  std::array<int64_t, kAlignment.count> with_padding = {};  // live buffers, by their padding
  int64_t live = 0, most = 0;
  for (size_t i = 0; i < events.size(); ++i) {
    const int64_t sign = events[i].is_start ? 1 : -1;
    live += sign * events[i].padded;
    with_padding[static_cast<size_t>(events[i].padding)] += sign;
    if (i + 1 < events.size() && events[i + 1].tick == events[i].tick) continue;
    int64_t saved = kAlignment.count - 1;
    while (saved > 0 && with_padding[static_cast<size_t>(saved)] == 0) --saved;
    most = std::max(most, live - saved);
  }
  return most;
}

/// Indices of items, those with a larger key first; equals in their own order.
template <typename Key>
Order sorted_by(const std::vector<Item>& items, Key key) {
  Order order(items.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return key(items[a]) > key(items[b]); });
  return order;
}

Beside beside_arena(const Schedule& schedule, const Chip& chip, LevelId id,
                    const ProgramData& program_data) {
  Beside beside = {.code = chip.levels[id].reserved_code,
                   .stacks = chip.stack_bytes(id),
                   .constants = {},
                   .frozen = {},
                   .image = {},
                   .buffers = {}};
  if (chip.constants == id) beside.constants = align_up(program_data.constants, kAlignment);
  if (chip.tensors == id) beside.buffers = align_up(program_data.buffers, kAlignment);
  for (const schedule::Buffer& buffer : schedule.buffers) {
    if (buffer.alias) continue;
    const Bytes bytes = align_up(ir::byte_size(buffer.type), kAlignment);
    if (buffer.kind == BufferKind::constant && buffer.level == id) beside.frozen += bytes;
    if (buffer.kind == BufferKind::variable && chip.image == id &&
        has_image(schedule.variables[buffer.variable.value()], program_data))
      beside.image += bytes;
  }
  return beside;
}

/// As in `plan_memory`; `enough` as in `plan_arena`.
LevelPlan plan_level(const Schedule& schedule, const Lifetimes& lifetimes, const Chip& chip,
                     LevelId id, const ProgramData& program_data, std::optional<Bytes> enough) {
  std::vector<Lifetime> here;
  for (const Lifetime& lifetime : lifetimes.lifetimes)
    if (schedule.buffers[lifetime.buffer].level == id) here.push_back(lifetime);
  ArenaPlan arena = plan_arena(here, enough);
  return {.level = id,
          .capacity = chip.levels[id].budget.value_or(chip.levels[id].capacity),
          .beside = beside_arena(schedule, chip, id, program_data),
          .peak = arena.peak,
          .max_live = arena.max_live,
          .method = arena.method,
          .is_proved = arena.peak == arena.max_live,
          .placements = std::move(arena.placements)};
}

/// The smallest budget in KiB for so many bytes, if there is a budget and the chip has them.
std::optional<Bytes> budget_for(const MemoryLevel& level, Bytes need) {
  const Bytes budget = align_up(need, Bytes{1024});
  if (!level.budget || budget > level.capacity) return std::nullopt;
  return budget;
}

Overflow describe_overflow(const Schedule& schedule, const Lifetimes& lifetimes,
                           const MemoryLevel& level, const LevelPlan& plan) {
  Overflow overflow = {.level = plan.level,
                       .level_name = level.name,
                       .budget_origin = level.budget_origin,
                       .capacity = plan.capacity,
                       .beside = plan.beside,
                       .peak = plan.peak,
                       .need = plan.need(),
                       .shortfall = plan.need() - plan.capacity,
                       .tick = peak_tick(live_bytes(plan)),
                       .entry_point = {},
                       .step = {},
                       .largest = {},
                       .is_of_pieces = false,
                       .would_fit = std::nullopt};
  for (size_t i = 0; i < lifetimes.entry_points.size(); ++i) {
    const EntryTicks& entry = lifetimes.entry_points[i];
    if (entry.begin > overflow.tick || overflow.tick >= entry.end) continue;
    overflow.entry_point = schedule.entry_points[i].name;
    overflow.step = schedule::label(*lifetimes.steps[static_cast<size_t>(overflow.tick)]);
  }
  overflow.largest = largest_at(schedule, plan, overflow.tick, kLargestInMessage);
  overflow.would_fit = budget_for(level, overflow.need);
  return overflow;
}

}  // namespace

std::vector<LiveTensor> largest_at(const Schedule& schedule, const LevelPlan& plan, Tick tick,
                                   size_t count) {
  std::vector<LiveTensor> largest;
  for (const Placement& placement : alive_at(plan, tick)) {
    if (largest.size() == count) break;
    const schedule::Buffer& buffer = schedule.buffers[placement.buffer];
    largest.push_back({.buffer = placement.buffer,
                       .name = buffer.name,
                       .size = placement.size,
                       .origin = buffer.origin});
  }
  return largest;
}

ArenaPlan plan_arena(const std::vector<Lifetime>& lifetimes, std::optional<Bytes> enough) {
  ArenaPlan plan;
  std::vector<Item> items;
  std::vector<const Lifetime*> temporaries;
  int64_t variables_end = 0;  // exact, and
  int64_t base = 0;           // rounded up: where temporaries start
  for (const Lifetime& lifetime : lifetimes) {
    const int64_t size = lifetime.size.count;
    const int64_t padded = align_up(lifetime.size, kAlignment).count;
    if (lifetime.is_variable) {
      plan.placements.push_back({.buffer = lifetime.buffer,
                                 .offset = {base},
                                 .size = lifetime.size,
                                 .alignment = kAlignment,
                                 .first = lifetime.first,
                                 .last = lifetime.last});
      variables_end = base + size;
      base += padded;
    } else {
      items.push_back({size, padded, lifetime.first, lifetime.last});
      temporaries.push_back(&lifetime);
    }
  }
  if (items.empty()) {
    plan.peak = plan.max_live = {variables_end};
    return plan;
  }

  const int64_t bound = max_live_bytes(items);
  const int64_t lowest = enough ? std::max(bound, enough->count - base) : bound;
  Placing best;
  Order best_order;
  Placer placer(items);
  const auto attempt = [&](Method method, Order order) {
    if (!best_order.empty() && best.peak <= lowest) return;
    Placing placing;
    const int64_t limit = best_order.empty() ? INT64_MAX : best.peak - 1;
    if (!placer.place(order, limit, placing)) return;
    plan.method = method;
    best = std::move(placing);
    best_order = std::move(order);
  };
  const auto size = [](const Item& item) { return std::pair(item.padded, item.last - item.first); };
  const auto ticks = [](const Item& item) {
    return std::pair(item.last - item.first, item.padded);
  };
  const auto area = [](const Item& item) { return item.padded * (item.last - item.first + 1); };
  const auto start = [](const Item& item) { return std::pair(-item.first, item.padded); };
  attempt(Method::by_size, sorted_by(items, size));
  attempt(Method::by_lifetime, sorted_by(items, ticks));
  attempt(Method::by_area, sorted_by(items, area));
  attempt(Method::by_start, sorted_by(items, start));
  if (search(items, lowest, enough ? kQuickComparisons : kSearchComparisons, best_order, best))
    plan.method = Method::local_search;

  for (size_t i = 0; i < items.size(); ++i)
    plan.placements.push_back({.buffer = temporaries[i]->buffer,
                               .offset = {base + best.offsets[i]},
                               .size = temporaries[i]->size,
                               .alignment = kAlignment,
                               .first = temporaries[i]->first,
                               .last = temporaries[i]->last});
  std::stable_sort(plan.placements.begin(), plan.placements.end(),
                   [](const Placement& a, const Placement& b) {
                     return std::pair(a.offset, a.first) < std::pair(b.offset, b.first);
                   });
  plan.peak = {base + best.peak};
  plan.max_live = {base + bound};
  return plan;
}

std::variant<MemoryPlan, NotFit> plan_memory(const Schedule& schedule, const Chip& chip,
                                             const ProgramData& program_data) {
  const Lifetimes lifetimes = find_lifetimes(schedule);
  NotFit result;
  result.plan.program_data = program_data;
  for (const LevelId id : chip.levels.ids()) {
    LevelPlan plan =
        plan_level(schedule, lifetimes, chip, id, program_data, /*enough=*/std::nullopt);
    if (chip.has_budget && plan.need() > plan.capacity)
      result.overflows.push_back(describe_overflow(schedule, lifetimes, chip.levels[id], plan));
    result.plan.levels.push_back(std::move(plan));
  }
  if (result.overflows.empty()) return std::move(result.plan);
  return result;
}

Bytes shortfall_of_level(const Schedule& schedule, const Chip& chip,
                         const ProgramData& program_data, LevelId level) {
  if (!chip.has_budget) return {};
  const Bytes room = chip.levels[level].budget.value_or(chip.levels[level].capacity) -
                     beside_arena(schedule, chip, level, program_data).total();
  const LevelPlan plan =
      plan_level(schedule, find_lifetimes(schedule), chip, level, program_data, /*enough=*/room);
  return std::max(Bytes{}, plan.need() - plan.capacity);
}

Overflow overflow_of_pieces(const Chip& chip, const MemoryPlan& plan, std::string entry_point,
                            std::string step, Bytes bytes) {
  const LevelPlan& planned = plan.levels[chip.scratchpad->level];
  const MemoryLevel& level = chip.levels[planned.level];
  const Bytes need = planned.beside.total() + align_up(bytes, kAlignment);
  return {.level = planned.level,
          .level_name = level.name,
          .budget_origin = level.budget_origin,
          .capacity = planned.capacity,
          .beside = planned.beside,
          .peak = bytes,
          .need = need,
          .shortfall = need - planned.capacity,
          .tick = 0,
          .entry_point = std::move(entry_point),
          .step = std::move(step),
          .largest = {},
          .is_of_pieces = true,
          .would_fit = budget_for(level, need)};
}

Diagnostics::Report report_not_fit(const NotFit& not_fit, Diagnostics& diagnostics) {
  std::optional<Diagnostics::Report> last;
  for (const Overflow& overflow : not_fit.overflows) {
    auto report =
        diagnostics.report(overflow.budget_origin, diag::memory_does_not_fit, overflow.level_name,
                           overflow.need, overflow.capacity, overflow.shortfall);
    const Beside& beside = overflow.beside;
    report.note(overflow.budget_origin, diag::note_memory_parts, beside.code + beside.stacks,
                beside.constants, beside.frozen + beside.image, beside.buffers, overflow.peak);
    if (!overflow.largest.empty())
      report.note(overflow.budget_origin, diag::note_memory_peak, overflow.entry_point,
                  overflow.step, static_cast<int64_t>(overflow.largest.size()));
    if (overflow.is_of_pieces)
      report.note(overflow.budget_origin, diag::note_memory_pieces, overflow.step,
                  overflow.entry_point, overflow.peak);
    for (const LiveTensor& tensor : overflow.largest)
      report.note(tensor.origin, diag::note_memory_tensor, tensor.name, tensor.size);
    if (overflow.would_fit)
      report.hint(diag::hint_memory_budget, overflow.level_name, overflow.would_fit->count / 1024);
    last.emplace(report);
  }
  TDC_CHECK(last.has_value(), "a plan that fits");
  return *last;
}

}  // namespace tdc::memory
