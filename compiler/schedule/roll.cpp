#include <algorithm>
#include <array>
#include <map>
#include <queue>
#include <set>
#include <span>

#include "schedule/aliases.h"
#include "schedule/dependences.h"
#include "schedule/loops.h"
#include "schedule/passes.h"
#include "schedule/roll_buffers.h"
#include "support/check.h"

// Steps of a repeat are matched turn by turn: by the position of their node, and by what they run.
// Turns that differ (often the first and the last) stay as they are; the longest run of equal turns
// becomes loops. Which steps share a loop follows from their dependences alone:
//
//     forward                 h0 -> h1 -> h2 -> h3            a turn needs the turn before
//     backward                d0 <- d1 <- d2 <- d3            a turn needs the turn after
//     gradients of weights    g0 -> g1 -> g2 -> g3            the chain ascends, gi needs di
//
// Steps that depend on each other in a circle over the turns run in one loop, whose direction is
// that of the circle. So the chain above cannot run in the backward loop; it is a loop of its own
// behind it, and what it needs of all turns is kept.

namespace tdc::schedule {
namespace {

/// With fewer turns a loop is hardly shorter than its turns.
constexpr size_t kFewestTurns = 4;

/// Where a step stands in its turn, and what it runs: the same for the same step of other turns.
struct Key {
  bool is_backward = false;
  int64_t position = 0;
  bool is_copy = false;
  size_t occurrence = 0;                  ///< among steps of the turn with the same position
  const ops::OpDef* op = nullptr;         ///< of launches
  size_t calls = 0;                       ///< of launches: of the kernel
  std::array<ir::Dims, 3> copied_shapes;  ///< of copies
  friend auto operator<=>(const Key&, const Key&) = default;
};

/// The steps of some turns of a repeat, one of each turn for every key: `steps[key][turn]`.
struct Body {
  ir::RepeatId repeat;
  std::vector<Key> keys;
  std::vector<std::vector<size_t>> steps;
};

/// What becomes a loop.
struct Rolled {
  ir::RepeatId repeat;
  std::vector<std::vector<size_t>> turns;  ///< steps, in the order in which they run
  bool runs_down = false;                  ///< from the repeat's last turn to the first
};

// ---- matching turns ----------------------------------------------------------------------------

using TurnSteps = std::map<Key, size_t>;

/// The steps of each turn of a repeat, forward or backward.
using Repeats = std::map<std::pair<ir::RepeatId, bool>, std::map<int64_t, TurnSteps>>;

Repeats collect(const EntryPoint& entry_point) {
  // Steps of a node stand in the order of nodes, whatever the order of steps is.
  std::vector<size_t> order(entry_point.steps.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto node = [&](size_t i) {
    const auto* launch = std::get_if<Launch>(&entry_point.steps[i]);
    return launch == nullptr ? ir::NodeId{} : launch->from;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return node(a) < node(b); });
  Repeats result;
  for (const size_t at : order) {
    const Step& step = entry_point.steps[at];
    const auto* launch = std::get_if<Launch>(&step);
    const auto* copy = std::get_if<Copy>(&step);
    const StepContext& context = context_of(step);
    for (const ir::Turn& turn : context.turns) {
      Key key = {.is_backward = context.phase >= ir::Phase::backward,
                 .position = turn.position,
                 .is_copy = launch == nullptr,
                 .op = launch == nullptr ? nullptr : launch->op,
                 .calls = launch == nullptr ? 0 : kernel_call_count(*launch),
                 .copied_shapes = copy == nullptr ? std::array<ir::Dims, 3>() : shapes_of(*copy)};
      TurnSteps& steps = result[{turn.repeat, key.is_backward}][turn.turn];
      // Keys of the same position stand together, but for what they run.
      Key first = key;
      first.op = nullptr;
      first.calls = 0;
      first.copied_shapes = {};
      for (auto other = steps.lower_bound(first);
           other != steps.end() && other->first.position == key.position &&
           other->first.is_copy == key.is_copy;
           ++other)
        ++key.occurrence;
      steps.emplace(key, at);
    }
  }
  return result;
}

/// The longest run of turns with the same keys; nothing if it is too short for a loop.
std::optional<Body> longest_run(ir::RepeatId repeat, const std::map<int64_t, TurnSteps>& turns) {
  const auto has_same_keys = [](const TurnSteps& a, const TurnSteps& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const auto& x, const auto& y) { return x.first == y.first; });
  };
  std::vector<const TurnSteps*> all;
  size_t begin = 0;  // of the run that the last turn belongs to
  size_t longest_begin = 0, longest_end = 0;
  int64_t last = -1;
  for (const auto& [turn, steps] : turns) {
    if (!all.empty() && (turn != last + 1 || !has_same_keys(*all.back(), steps)))
      begin = all.size();
    all.push_back(&steps);
    last = turn;
    if (all.size() - begin > longest_end - longest_begin) {
      longest_begin = begin;
      longest_end = all.size();
    }
  }
  if (longest_end - longest_begin < kFewestTurns) return std::nullopt;
  const std::span longest = std::span(all).subspan(longest_begin, longest_end - longest_begin);
  Body body = {.repeat = repeat, .keys = {}, .steps = {}};
  for (const auto& [key, step] : *longest.front()) {
    body.keys.push_back(key);
    body.steps.emplace_back();
    for (const TurnSteps* steps : longest) body.steps.back().push_back(steps->at(key));
  }
  return body;
}

// ---- which steps share a loop ------------------------------------------------------------------

enum class Direction : int8_t { descending = -1, any = 0, ascending = 1 };

/// Splits the keys of a body into loops.
class Splitter {
 public:
  /// `successors`: of each step of the entry point.
  Splitter(const Schedule& schedule, const Roots& roots, const EntryPoint& entry_point,
           const Body& body, const std::vector<std::vector<size_t>>& successors,
           std::vector<std::pair<size_t, size_t>>& places)
      : schedule_(schedule), roots_(roots), entry_(entry_point), body_(body) {
    edges_.resize(body.keys.size());
    for (size_t key = 0; key < body.keys.size(); ++key)
      for (size_t turn = 0; turn < turns(); ++turn) places[body.steps[key][turn]] = {key, turn};
    for (size_t key = 0; key < body.keys.size(); ++key)
      for (size_t turn = 0; turn < turns(); ++turn)
        for (const size_t to : successors[body.steps[key][turn]]) {
          const auto [other, other_turn] = places[to];
          if (other == kNowhere) continue;
          const int sign = (other_turn > turn) - (other_turn < turn);
          edges_[key][other] |= 1U << (sign + 1);
        }
    for (const std::vector<size_t>& steps : body.steps)
      for (const size_t step : steps) places[step] = {kNowhere, 0};
  }
  static constexpr size_t kNowhere = SIZE_MAX;

  /// Nothing: the turns cannot be loops.
  std::optional<std::vector<Rolled>> run() {
    find_circles();
    for (size_t circle = 0; circle < circles_.size(); ++circle)
      if (!find_direction(circle)) return std::nullopt;
    assign_loops();
    for (size_t circle = circles_.size(); circle-- > 0;) sink(circle);
    std::vector<Rolled> result;
    for (size_t loop = 0; loop < loops_.size(); ++loop) {
      Rolled rolled = make_loop(loop);
      if (!rolled.turns.front().empty()) result.push_back(std::move(rolled));
    }
    return result;
  }

 private:
  struct Circle {
    std::vector<size_t> keys;
    Direction direction = Direction::any;
    size_t loop = 0;
  };

  [[nodiscard]] size_t turns() const { return body_.steps.front().size(); }

  /// Bits `sign + 1` of an edge; that of the same turn, in the middle, goes with every direction.
  static constexpr unsigned kDescends = 1U << 0, kAscends = 1U << 2;

  static bool agrees(unsigned signs, Direction direction) {
    if ((signs & kAscends) != 0 && direction == Direction::descending) return false;
    if ((signs & kDescends) != 0 && direction == Direction::ascending) return false;
    return direction != Direction::any || (signs & (kAscends | kDescends)) == 0;
  }

  static Direction direction_of(unsigned signs) {
    if ((signs & kAscends) != 0) return Direction::ascending;
    return (signs & kDescends) != 0 ? Direction::descending : Direction::any;
  }

  /// Strongly connected keys (Tarjan), in topological order.
  void find_circles() {
    const size_t count = body_.keys.size();
    circle_of_.assign(count, kNowhere);
    std::vector<size_t> index(count, kNowhere), low(count, 0), stack;
    size_t next = 0;
    struct Visit {
      size_t key;
      std::map<size_t, unsigned>::const_iterator edge;
    };
    for (size_t start = 0; start < count; ++start) {
      if (index[start] != kNowhere) continue;
      std::vector<Visit> visits;
      const auto enter = [&](size_t key) {
        index[key] = low[key] = next++;
        stack.push_back(key);
        visits.push_back({key, edges_[key].begin()});
      };
      enter(start);
      while (!visits.empty()) {
        Visit& visit = visits.back();
        const size_t key = visit.key;
        if (visit.edge != edges_[key].end()) {
          const size_t to = (visit.edge++)->first;
          if (index[to] == kNowhere)
            enter(to);
          else if (circle_of_[to] == kNowhere)
            low[key] = std::min(low[key], index[to]);
          continue;
        }
        visits.pop_back();
        if (!visits.empty()) low[visits.back().key] = std::min(low[visits.back().key], low[key]);
        if (low[key] != index[key]) continue;
        Circle circle;
        size_t member = kNowhere;
        while (member != key) {
          member = stack.back();
          stack.pop_back();
          circle_of_[member] = circles_.size();
          circle.keys.push_back(member);
        }
        circles_.push_back(std::move(circle));
      }
    }
    // Tarjan gives successors first.
    std::reverse(circles_.begin(), circles_.end());
    for (size_t& circle : circle_of_) circle = circles_.size() - 1 - circle;
    before_.resize(circles_.size());
    for (size_t key = 0; key < count; ++key)
      for (const auto& [to, signs] : edges_[key])
        if (circle_of_[to] != circle_of_[key]) before_[circle_of_[to]][circle_of_[key]] |= signs;
  }

  bool find_direction(size_t index) {
    Circle& circle = circles_[index];
    unsigned signs = 0;
    for (const size_t key : circle.keys)
      for (const auto& [to, each] : edges_[key])
        if (circle_of_[to] == index) signs |= each;
    circle.direction = direction_of(signs);
    return agrees(signs, circle.direction);
  }

  /// Each circle goes into the first loop that it may run in.
  void assign_loops() {
    for (size_t index = 0; index < circles_.size(); ++index) {
      size_t loop = 0;
      while (!may_run_in(index, loop)) ++loop;
      if (loop == loops_.size()) loops_.push_back(Direction::any);
      circles_[index].loop = loop;
      loops_[loop] = direction_in(index, loop);
    }
  }

  /// The direction of the loop with this circle in it; `any` where nothing says one.
  [[nodiscard]] Direction direction_in(size_t index, size_t loop) const {
    if (loop < loops_.size() && loops_[loop] != Direction::any) return loops_[loop];
    if (circles_[index].direction != Direction::any) return circles_[index].direction;
    for (const auto& [other, signs] : before_[index])
      if (circles_[other].loop == loop && direction_of(signs) != Direction::any)
        return direction_of(signs);
    return Direction::any;
  }

  [[nodiscard]] bool may_run_in(size_t index, size_t loop) const {
    const Direction direction = direction_in(index, loop);
    const Direction own = circles_[index].direction;
    if (own != Direction::any && own != direction) return false;
    for (const auto& [other, signs] : before_[index]) {
      if (circles_[other].loop > loop) return false;
      if (circles_[other].loop == loop && !agrees(signs, direction)) return false;
    }
    return true;
  }

  /// Moves a circle to the loop of its users if less has to be kept for it then.
  void sink(size_t index) {
    Circle& circle = circles_[index];
    if (circle.direction != Direction::any) return;
    std::set<size_t> user_loops;
    for (const size_t key : circle.keys)
      for (const auto& [to, signs] : edges_[key])
        if (circle_of_[to] != index) user_loops.insert(circles_[circle_of_[to]].loop);
    if (user_loops.size() != 1 || *user_loops.begin() == circle.loop) return;
    const size_t loop = *user_loops.begin();
    for (const size_t key : circle.keys)
      for (const auto& [to, signs] : edges_[key])
        if (circle_of_[to] != index && !agrees(signs, loops_[loop])) return;
    if (bytes_written(circle) <= bytes_kept_for(circle)) return;
    circle.loop = loop;
  }

  [[nodiscard]] int64_t bytes(BufferId root) const {
    return ir::byte_size(schedule_.buffers[root].type).count;
  }

  [[nodiscard]] const Step& step(size_t key) const {
    return entry_.steps[body_.steps[key][turns() / 2]];
  }

  [[nodiscard]] int64_t bytes_written(const Circle& circle) const {
    std::set<BufferId> roots;
    for (const size_t key : circle.keys)
      for (const Touch& touch : touches(roots_, step(key)))
        if (touch.writes) roots.insert(touch.root);
    int64_t sum = 0;
    for (const BufferId root : roots) sum += bytes(root);
    return sum;
  }

  /// Of what the circle reads, what its loop writes.
  [[nodiscard]] int64_t bytes_kept_for(const Circle& circle) const {
    std::set<BufferId> written, roots;
    for (size_t key = 0; key < body_.keys.size(); ++key)
      if (circles_[circle_of_[key]].loop == circle.loop)
        for (const Touch& touch : touches(roots_, step(key)))
          if (touch.writes) written.insert(touch.root);
    for (const size_t key : circle.keys)
      for (const Touch& touch : touches(roots_, step(key)))
        if (!touch.writes && written.contains(touch.root)) roots.insert(touch.root);
    int64_t sum = 0;
    for (const BufferId root : roots) sum += bytes(root);
    return sum;
  }

  /// The steps of a turn run in the order that the turn in the middle has.
  [[nodiscard]] Rolled make_loop(size_t loop) const {
    std::vector<size_t> keys;
    for (size_t key = 0; key < body_.keys.size(); ++key)
      if (circles_[circle_of_[key]].loop == loop) keys.push_back(key);
    std::sort(keys.begin(), keys.end(), [&](size_t a, size_t b) {
      return body_.steps[a][turns() / 2] < body_.steps[b][turns() / 2];
    });
    Rolled rolled = {
        .repeat = body_.repeat, .turns = {}, .runs_down = loops_[loop] == Direction::descending};
    for (size_t i = 0; i < turns(); ++i) {
      const size_t turn = rolled.runs_down ? turns() - 1 - i : i;
      rolled.turns.emplace_back();
      for (const size_t key : keys) rolled.turns.back().push_back(body_.steps[key][turn]);
    }
    return rolled;
  }

  const Schedule& schedule_;
  const Roots& roots_;
  const EntryPoint& entry_;
  const Body& body_;
  std::vector<std::map<size_t, unsigned>> edges_;   // by key: to which, with which signs
  std::vector<Circle> circles_;                     // in topological order
  std::vector<size_t> circle_of_;                   // by key
  std::vector<std::map<size_t, unsigned>> before_;  // by circle: what it depends on
  std::vector<Direction> loops_;
};

// ---- one entry point ---------------------------------------------------------------------------

class EntryRoller {
 public:
  EntryRoller(Schedule& schedule, EntryPoint& entry_point)
      : schedule_(schedule), entry_(entry_point), roots_(alias_roots(schedule.buffers)) {}

  void run(const IdVector<ir::RepeatId, SourceRange>& repeats) {
    const Repeats found = collect(entry_);
    dependences_ = find_dependences(roots_, entry_);
    std::vector<Rolled> loops = find_loops(found);
    if (loops.empty()) return;
    std::optional<std::vector<size_t>> sorted = order(loops);
    if (!sorted) {
      loops = those_that_can_run(loops);
      sorted = order(loops);
    }
    if (loops.empty()) return;
    mark(loops, repeats, sorted.value());
    join_buffers(schedule_, entry_);
  }

 private:
  /// Outer repeats first: what stands in one that is a loop is none itself.
  std::vector<Rolled> find_loops(const Repeats& repeats) {
    std::vector<std::vector<size_t>> successors(entry_.steps.size());
    for (const Dependence& each : dependences_) successors[each.from].push_back(each.to);
    std::vector<std::pair<size_t, size_t>> places(entry_.steps.size(), {Splitter::kNowhere, 0});
    std::vector<char> is_taken(entry_.steps.size(), 0);
    std::vector<Rolled> result;
    for (const auto& [repeat, turns] : repeats) {
      const std::optional<Body> body = longest_run(repeat.first, turns);
      if (!body || !is_recurrence(*body)) continue;
      if (is_taken[body->steps.front().front()] != 0) continue;
      const auto loops = Splitter(schedule_, roots_, entry_, *body, successors, places).run();
      if (!loops) continue;
      for (const std::vector<size_t>& steps : body->steps)
        for (const size_t step : steps) is_taken[step] = 1;
      result.insert(result.end(), loops->begin(), loops->end());
    }
    return result;
  }

  /// Whether every turn uses the same variables. Layers with weights of their own are no
  /// recurrence.
  [[nodiscard]] bool is_recurrence(const Body& body) const {
    const auto variables = [&](size_t step) {
      std::vector<BufferId> roots;
      for (const Touch& touch : touches(roots_, entry_.steps[step])) {
        const BufferKind kind = schedule_.buffers[touch.root].kind;
        if (kind == BufferKind::variable || kind == BufferKind::constant)
          roots.push_back(touch.root);
      }
      return roots;
    };
    return std::ranges::all_of(body.steps, [&](const std::vector<size_t>& turns) {
      const std::vector<BufferId> first = variables(turns.front());
      return std::ranges::all_of(turns, [&](size_t step) { return variables(step) == first; });
    });
  }

  /// An order of all steps in which the turns of each loop follow each other; the others stay in
  /// their order as far as that allows. Nothing: some steps would come before what they need.
  [[nodiscard]] std::optional<std::vector<size_t>> order(const std::vector<Rolled>& loops) const {
    const size_t count = entry_.steps.size();
    std::vector<std::vector<size_t>> blocks;  // of steps, in order
    std::vector<size_t> block_of(count, Splitter::kNowhere);
    for (const Rolled& loop : loops) {
      blocks.emplace_back();
      for (const std::vector<size_t>& turn : loop.turns)
        blocks.back().insert(blocks.back().end(), turn.begin(), turn.end());
      for (const size_t step : blocks.back()) block_of[step] = blocks.size() - 1;
    }
    for (size_t step = 0; step < count; ++step) {
      if (block_of[step] != Splitter::kNowhere) continue;
      block_of[step] = blocks.size();
      blocks.push_back({step});
    }
    std::vector<std::vector<size_t>> successors(blocks.size());
    std::vector<size_t> missing(blocks.size(), 0);
    for (const Dependence& each : dependences_) {
      if (block_of[each.from] == block_of[each.to]) continue;
      successors[block_of[each.from]].push_back(block_of[each.to]);
      ++missing[block_of[each.to]];
    }
    using Ready = std::pair<size_t, size_t>;  // the block's first step in the old order, the block
    std::priority_queue<Ready, std::vector<Ready>, std::greater<>> ready;
    const auto push = [&](size_t block) {
      ready.emplace(*std::min_element(blocks[block].begin(), blocks[block].end()), block);
    };
    for (size_t block = 0; block < blocks.size(); ++block)
      if (missing[block] == 0) push(block);
    std::vector<size_t> result;
    while (!ready.empty()) {
      const size_t block = ready.top().second;
      ready.pop();
      result.insert(result.end(), blocks[block].begin(), blocks[block].end());
      for (const size_t next : successors[block])
        if (--missing[next] == 0) push(next);
    }
    if (result.size() != count || !keeps_dependences(result)) return std::nullopt;
    return result;
  }

  [[nodiscard]] bool keeps_dependences(const std::vector<size_t>& order) const {
    std::vector<size_t> place(order.size());
    for (size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
    return std::ranges::all_of(
        dependences_, [&](const Dependence& each) { return place[each.from] < place[each.to]; });
  }

  /// Of a loop that cannot run beside those before it, the steps that can as loops of their own:
  /// sums share a loop although what begins one (in a turn that is none of the loop's) may wait for
  /// the end of another.
  [[nodiscard]] std::vector<Rolled> those_that_can_run(const std::vector<Rolled>& loops) const {
    std::vector<Rolled> result;
    const auto try_loop = [&](Rolled loop) {
      result.push_back(std::move(loop));
      if (order(result)) return true;
      result.pop_back();
      return false;
    };
    for (const Rolled& loop : loops) {
      if (try_loop(loop)) continue;
      for (size_t place = 0; place < loop.turns.front().size(); ++place) {
        Rolled part = {.repeat = loop.repeat, .turns = {}, .runs_down = loop.runs_down};
        for (const std::vector<size_t>& turn : loop.turns) part.turns.push_back({turn[place]});
        try_loop(std::move(part));
      }
    }
    return result;
  }

  /// Marks the steps of loops, and puts all steps into the order `sorted`.
  void mark(const std::vector<Rolled>& loops, const IdVector<ir::RepeatId, SourceRange>& repeats,
            const std::vector<size_t>& sorted) {
    for (const Rolled& loop : loops) {
      const LoopId id = schedule_.loops.push_back({.kind = Loop::Kind::repeat,
                                                   .origin = repeats[loop.repeat],
                                                   .runs_down = loop.runs_down});
      for (size_t turn = 0; turn < loop.turns.size(); ++turn)
        for (size_t place = 0; place < loop.turns[turn].size(); ++place)
          set_loop_turn(entry_.steps[loop.turns[turn][place]],
                        LoopTurn{.loop = id,
                                 .turn = static_cast<int64_t>(turn),
                                 .place = static_cast<int64_t>(place)});
    }
    std::vector<Step> steps;
    for (const size_t step : sorted) steps.push_back(std::move(entry_.steps[step]));
    entry_.steps = std::move(steps);
  }

  Schedule& schedule_;
  EntryPoint& entry_;
  Roots roots_;
  std::vector<Dependence> dependences_;
};

}  // namespace

Schedule roll(Schedule schedule) {
  for (EntryPoint& entry_point : schedule.entry_points)
    EntryRoller(schedule, entry_point).run(schedule.repeats);
  remove_unused_temporaries(schedule);
  return schedule;
}

}  // namespace tdc::schedule
