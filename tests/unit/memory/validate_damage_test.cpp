// The validator against damage of every kind: what it does not notice must not matter.

#include <doctest/doctest.h>

#include <bit>
#include <map>

#include "../schedule/schedules.h"
#include "arena_painting.h"
#include "memory/plan_memory.h"
#include "memory/validate.h"
#include "memory/run_schedule.h"

namespace tdc::memory {
namespace {

using schedule::Copy;
using schedule::Launch;
using schedule::Schedule;
using schedule::Step;
using schedule::View;
using schedule::Wait;
using test::Random;

/// Breaks one thing of a schedule and says what; empty if it found nothing of the kind.
class Damage {
 public:
  Damage(Schedule& schedule, Random& random) : random_(random) {
    auto& entries = schedule.entry_points;
    steps_ =
        &entries[static_cast<size_t>(random.between(0, static_cast<int64_t>(entries.size()) - 1))]
             .steps;
  }

  std::string any() {
    const size_t at = index_of(*steps_);
    switch (random_.between(0, 5)) {
      case 0: {
        const size_t other = index_of(*steps_);
        if (other == at) return "";
        std::swap((*steps_)[at], (*steps_)[other]);
        return "steps exchanged";
      }
      case 1: {
        const bool is_wait = std::holds_alternative<Wait>((*steps_)[at]);
        steps_->erase(steps_->begin() + static_cast<std::ptrdiff_t>(at));
        return is_wait ? "a wait left out" : "a step left out";
      }
      case 2:
        steps_->insert(steps_->begin() + static_cast<std::ptrdiff_t>(at), (*steps_)[at]);
        return "a step done twice";
      case 3:
        return view();
      case 4:
        return box();
      default:
        return operand();
    }
  }

 private:
  template <typename T>
  size_t index_of(const std::vector<T>& items) {
    return static_cast<size_t>(random_.between(0, static_cast<int64_t>(items.size()) - 1));
  }

  std::string view() {
    Step& step = (*steps_)[index_of(*steps_)];
    std::vector<View*> views;
    if (auto* launch = std::get_if<Launch>(&step)) {
      for (auto& input : launch->inputs)
        if (input) views.push_back(&*input);
      for (View& output : launch->outputs) views.push_back(&output);
    } else if (auto* copy = std::get_if<Copy>(&step)) {
      views = {&copy->from, &copy->to};
    }
    if (views.empty()) return "";
    View& view = *views[index_of(views)];
    if (view.extent.empty()) return "";
    const size_t axis = index_of(view.extent);
    switch (random_.between(0, 2)) {
      case 0:
        view.offset += random_.chance(50) ? view.stride[axis] : -view.stride[axis];
        return "a view moved";
      case 1:
        view.stride[axis] += random_.between(-1, 1);
        return "a stride changed";
      default:
        std::swap(view.stride[axis], view.stride[index_of(view.stride)]);
        return "strides exchanged";
    }
  }

  std::string box() {
    auto* launch = std::get_if<Launch>(&(*steps_)[index_of(*steps_)]);
    if (launch == nullptr || launch->box.empty()) return "";
    ops::Range& range = launch->box[index_of(launch->box)];
    const int64_t by = random_.chance(50) ? 1 : -1;
    if (random_.chance(50)) range.begin += by;
    range.end += by;
    return "a box moved or cut";
  }

  std::string operand() {
    auto* launch = std::get_if<Launch>(&(*steps_)[index_of(*steps_)]);
    auto* other = std::get_if<Launch>(&(*steps_)[index_of(*steps_)]);
    if (launch == nullptr || other == nullptr || launch == other) return "";
    if (random_.chance(50))
      std::swap(launch->inputs[0], other->inputs[0]);
    else
      std::swap(launch->outputs[0], other->outputs[0]);
    return "operands exchanged";
  }

  Random& random_;
  std::vector<Step>* steps_;
};

std::vector<std::vector<uint32_t>> bits_of_run(const Schedule& schedule, const MemoryPlan& plan,
                                               uint64_t seed) {
  memory::ScheduleRun run(schedule, plan);
  std::vector<std::vector<uint32_t>> bits;
  for (const std::vector<float>& values : test::run_all(run, schedule, seed)) {
    bits.emplace_back();
    for (const float value : values) bits.back().push_back(std::bit_cast<uint32_t>(value));
  }
  return bits;
}

TEST_CASE("a damaged schedule is noticed, or computes the same bits") {
  std::map<std::string, int> noticed;
  int harmless = 0;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    const Schedule sound = test::random_schedule(seed / 4, {.entry_points = 2, .launches = 8});
    const MemoryPlan plan = std::get<MemoryPlan>(plan_memory(sound, test::two_level_chip()));
    Schedule damaged = sound;
    Random random(seed);
    const std::string what = Damage(damaged, random).any();
    if (what.empty()) continue;
    if (!validate(damaged, plan).empty()) {
      ++noticed[what];
      continue;
    }
    CAPTURE(seed);
    CAPTURE(what);
    CHECK(bits_of_run(damaged, plan, seed) == bits_of_run(sound, plan, seed));
    ++harmless;
  }
  CHECK(harmless > 100);
  CHECK(noticed.size() == 9);
  for (const auto& [what, count] : noticed) {
    CAPTURE(what);
    CHECK(count > 20);
  }
}

}  // namespace
}  // namespace tdc::memory
