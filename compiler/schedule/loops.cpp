#include "schedule/loops.h"

#include "support/check.h"

namespace tdc::schedule {
namespace {

/// The stretch that starts at a step.
Stretch stretch_at(const std::vector<Step>& steps, size_t first) {
  Stretch stretch = {.first = first};
  const std::optional<LoopTurn> mark = loop_turn(steps[first]);
  if (!mark) return stretch;
  stretch.loop = mark->loop;
  size_t end = first;
  for (; end < steps.size(); ++end) {
    const std::optional<LoopTurn> turn = loop_turn(steps[end]);
    if (!turn || turn->loop != mark->loop) break;
    if (turn->turn == 0) stretch.body = end - first + 1;
  }
  stretch.turns = (end - first) / stretch.body;
  TDC_CHECK(stretch.end() == end, "turns of loop {} have different numbers of steps",
            mark->loop.index);
  for (size_t i = first; i < end; ++i) {
    const size_t turn = (i - first) / stretch.body;
    TDC_CHECK(loop_turn(steps[i])->turn == static_cast<int64_t>(turn),
              "step {} of loop {} stands in turn {}", i - first, mark->loop.index, turn);
    const auto* launch = std::get_if<Launch>(&steps[i]);
    const auto* model = std::get_if<Launch>(&steps[first + (i - first) % stretch.body]);
    TDC_CHECK((launch == nullptr) == (model == nullptr) &&
                  (launch == nullptr || (launch->op == model->op &&
                                         kernel_call_count(*launch) == kernel_call_count(*model))),
              "step {} of loop {} is another in turn {}", i - first, mark->loop.index, turn);
    const auto* copy = std::get_if<Copy>(&steps[i]);
    TDC_CHECK(
        copy == nullptr || shapes_of(*copy) ==
                               shapes_of(std::get<Copy>(steps[first + (i - first) % stretch.body])),
        "step {} of loop {} copies other shapes in turn {}", i - first, mark->loop.index, turn);
  }
  return stretch;
}

}  // namespace

std::optional<LoopTurn> loop_turn(const Step& step) {
  const StepContext* context = context_of(step);
  return context == nullptr ? std::nullopt : context->loop_turn;
}

void set_loop_turn(Step& step, std::optional<LoopTurn> turn) {
  if (auto* launch = std::get_if<Launch>(&step)) launch->context.loop_turn = turn;
  if (auto* copy = std::get_if<Copy>(&step)) copy->context.loop_turn = turn;
}

std::array<ir::Dims, 3> shapes_of(const Copy& copy) {
  return {copy.to.extent, copy.to.stride, copy.from.stride};
}

std::vector<Stretch> stretches(const EntryPoint& entry_point, int64_t number) {
  std::vector<Stretch> result;
  for (size_t at = 0; at < entry_point.steps.size(); at = result.back().end()) {
    Stretch stretch = stretch_at(entry_point.steps, at);
    stretch.number = number;
    number += static_cast<int64_t>(stretch.body);
    result.push_back(stretch);
  }
  return result;
}

std::vector<int64_t> step_numbers(const EntryPoint& entry_point, int64_t number) {
  std::vector<int64_t> numbers;
  for (const Stretch& stretch : stretches(entry_point, number))
    for (size_t turn = 0; turn < stretch.turns; ++turn)
      for (size_t i = 0; i < stretch.body; ++i)
        numbers.push_back(stretch.number + static_cast<int64_t>(i));
  return numbers;
}

int64_t count_numbers(const EntryPoint& entry_point) {
  int64_t count = 0;
  for (const Stretch& stretch : stretches(entry_point)) count += static_cast<int64_t>(stretch.body);
  return count;
}

}  // namespace tdc::schedule
