#include "schedule/loops.h"

#include <algorithm>

#include "support/check.h"

namespace tdc::schedule {
namespace {

/// The stretch that starts at a step.
Stretch stretch_at(const std::vector<Step>& steps, size_t first) {
  Stretch stretch = {.first = first, .end = first + 1};
  const std::optional<LoopTurn> mark = loop_turn(steps[first]);
  if (!mark) {
    stretch.steps = {first};
    return stretch;
  }
  stretch.loop = mark->loop;
  size_t end = first;
  int64_t places = 0, turns = 0;
  for (; end < steps.size(); ++end) {
    const std::optional<LoopTurn> at = loop_turn(steps[end]);
    if (!at || at->loop != mark->loop) break;
    places = std::max(places, at->place + 1);
    turns = std::max(turns, at->turn + 1);
  }
  stretch.end = end;
  stretch.body = static_cast<size_t>(places);
  stretch.turns = static_cast<size_t>(turns);
  stretch.steps.resize(stretch.body * stretch.turns);
  int64_t last = -1;
  for (size_t i = first; i < end; ++i) {
    const LoopTurn at = *loop_turn(steps[i]);
    const int64_t position = at.turn * places + at.place;
    TDC_CHECK(at.turn >= 0 && at.place >= 0 && position > last,
              "step {} of loop {} stands at place {} of turn {}", i - first, mark->loop.index,
              at.place, at.turn);
    last = position;
    stretch.steps[static_cast<size_t>(position)] = i;
  }
  for (size_t place = 0; place < stretch.body; ++place) {
    const auto [begin, behind] = turns_at(stretch, place);
    for (size_t turn = begin; turn < behind; ++turn)
      TDC_CHECK(
          are_turns_alike(steps[*stretch.step(turn, place)], steps[*stretch.step(begin, place)]),
          "what stands at place {} of loop {} is another in turn {}", place, mark->loop.index,
          turn);
  }
  return stretch;
}

}  // namespace

std::optional<LoopTurn> loop_turn(const Step& step) {
  return context_of(step).loop_turn;
}

void set_loop_turn(Step& step, std::optional<LoopTurn> turn) {
  std::visit([&](auto& each) { each.context.loop_turn = turn; }, step);
}

bool are_turns_alike(const Step& step, const Step& other) {
  if (step.index() != other.index()) return false;
  if (const auto* launch = std::get_if<Launch>(&step)) {
    const auto& other_launch = std::get<Launch>(other);
    return launch->op == other_launch.op && launch->is_on_engine == other_launch.is_on_engine &&
           launch->ticket == other_launch.ticket &&
           kernel_call_count(*launch) == kernel_call_count(other_launch);
  }
  if (const auto* copy = std::get_if<Copy>(&step)) {
    const auto& other_copy = std::get<Copy>(other);
    return copy->ticket == other_copy.ticket && shapes_of(*copy) == shapes_of(other_copy);
  }
  return std::get<Wait>(step).ticket == std::get<Wait>(other).ticket;
}

std::array<ir::Dims, 3> shapes_of(const Copy& copy) {
  return {copy.to.extent, copy.to.stride, copy.from.stride};
}

std::vector<Stretch> stretches(const EntryPoint& entry_point, int64_t number) {
  std::vector<Stretch> result;
  for (size_t at = 0; at < entry_point.steps.size(); at = result.back().end) {
    Stretch stretch = stretch_at(entry_point.steps, at);
    stretch.number = number;
    number += static_cast<int64_t>(stretch.body);
    result.push_back(stretch);
  }
  return result;
}

TurnRange turns_at(const Stretch& stretch, size_t place) {
  TurnRange range = {.begin = 0, .end = stretch.turns};
  while (range.begin < range.end && !stretch.step(range.begin, place)) ++range.begin;
  while (range.begin < range.end && !stretch.step(range.end - 1, place)) --range.end;
  TDC_CHECK(range.begin < range.end, "nothing stands at place {}", place);
  for (size_t turn = range.begin; turn < range.end; ++turn)
    TDC_CHECK(stretch.step(turn, place), "turn {} lacks what stands at place {} of others", turn,
              place);
  return range;
}

const Step* awaited(const EntryPoint& entry_point, size_t wait) {
  const TicketId ticket = std::get<Wait>(entry_point.steps[wait]).ticket;
  for (size_t at = wait; at-- > 0;)
    if (started_ticket(entry_point.steps[at]) == ticket) return &entry_point.steps[at];
  return nullptr;
}

std::vector<int64_t> step_numbers(const EntryPoint& entry_point, int64_t number) {
  std::vector<int64_t> numbers;
  for (const Stretch& stretch : stretches(entry_point, number))
    for (size_t turn = 0; turn < stretch.turns; ++turn)
      for (size_t place = 0; place < stretch.body; ++place)
        if (stretch.step(turn, place))
          numbers.push_back(stretch.number + static_cast<int64_t>(place));
  return numbers;
}

int64_t count_numbers(const EntryPoint& entry_point) {
  int64_t count = 0;
  for (const Stretch& stretch : stretches(entry_point)) count += static_cast<int64_t>(stretch.body);
  return count;
}

}  // namespace tdc::schedule
