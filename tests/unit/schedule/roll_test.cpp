// Recurrences as loops: which loops come of a program, that nothing but places and order changes,
// and that the results keep their bits.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <functional>
#include <string>
#include <vector>

#include "driver/pipeline.h"
#include "schedule/loops.h"
#include "schedule/passes.h"
#include "support/files.h"
#include "unit/schedule/recurrences.h"

namespace tdc::schedule {
namespace {

using test::have_same_results;
using test::random_recurrence;

driver::Planned plan(const std::string& text, const std::string& train, bool with_roll) {
  return test::plan_recurrence(
      text, train, with_roll ? std::vector<std::string>{} : std::vector<std::string>{"roll"});
}

std::vector<Stretch> loops_of(const driver::Planned& planned, ir::GraphKind kind) {
  std::vector<Stretch> loops;
  for (const Stretch& stretch : stretches(*find_entry_point(planned.schedule, kind)))
    if (stretch.loop) loops.push_back(stretch);
  return loops;
}

size_t steps_in_c(const driver::Planned& planned) {
  size_t count = 0;
  for (const EntryPoint& entry : planned.schedule.entry_points)
    count += static_cast<size_t>(count_numbers(entry));
  return count;
}

std::string gru(int turns) {
  std::string text = read_file(std::string(TDC_SOURCE_DIR) + "/tests/diff/gru.td").value();
  const std::string line = "let turns = 16";
  const size_t at = text.find(line);
  REQUIRE(at != std::string::npos);
  return text.replace(at, line.size(), fmt::format("let turns = {}", turns));
}

TEST_CASE("roll: a GRU is a loop forward, one that runs down, and one that sums upwards") {
  const driver::Planned planned = plan(gru(16), "all", true);
  CHECK(loops_of(planned, ir::GraphKind::infer).size() == 1);
  // The first turn differs: it shares its slice with the initial value.
  CHECK(loops_of(planned, ir::GraphKind::infer).at(0).turns >= 15);
  const std::vector<Stretch> loops = loops_of(planned, ir::GraphKind::train_step);
  REQUIRE(loops.size() == 3);
  CHECK_FALSE(planned.schedule.loops[*loops[0].loop].runs_down);
  CHECK(planned.schedule.loops[*loops[1].loop].runs_down);
  CHECK_FALSE(planned.schedule.loops[*loops[2].loop].runs_down);
  for (const Stretch& loop : loops) CHECK(loop.turns >= 15);
}

/// The GRU whose layers in the loop have adapters.
std::string adapted_gru(int turns) {
  return gru(turns) +
         "train adapted of Gru {\n  target label: class(5)\n  loss cross_entropy(logits, label)\n"
         "  optimizer sgd(lr: 0.1)\n  batch 2\n  accumulate 2\n  freeze **\n"
         "  lora gru.** rank 2 alpha 6\n}\n";
}

TEST_CASE("roll: adapters of layers in a loop are in its turns") {
  const driver::Planned planned = plan(adapted_gru(16), "adapted", true);
  const std::vector<Stretch> forward = loops_of(planned, ir::GraphKind::infer);
  REQUIRE(forward.size() == 1);
  CHECK(forward.at(0).turns >= 7);  // of two steps each: the state has two places in turns
  CHECK(loops_of(planned, ir::GraphKind::train_step).size() == 3);
  CHECK(have_same_results(planned, plan(adapted_gru(16), "adapted", false)));
  CHECK(test::complaints_about(planned, 4) == "");
}

TEST_CASE("roll: a matrix that is multiplied transposed does not end a loop") {
  const auto net = [](int turns) {
    return fmt::format(
        "tdl 1\nnet R(x: f32[{0}, 2, 4]) -> y: f32[2, 4] {{\n  param m: f32[4, 4] = uniform(0.5)\n"
        "  h = x[0]\n  repeat t in 0..{0} {{\n"
        "    h = tanh(h @ transpose(m) + transpose(transpose(x[t])))\n  }}\n"
        "  return h\n}}\n"
        "train t of R {{\n  target z: f32[2, 4]\n  loss mse(y, z)\n  optimizer sgd(lr: 0.1)\n"
        "  batch 2\n}}\n",
        turns);
  };
  const driver::Planned planned = plan(net(12), "t", true);
  CHECK(loops_of(planned, ir::GraphKind::infer).size() == 1);
  CHECK(steps_in_c(planned) == steps_in_c(plan(net(30), "t", true)));
  CHECK(have_same_results(planned, plan(net(12), "t", false)));
}

TEST_CASE("roll: a longer recurrence has no more steps in C") {
  // With fewer turns there is memory to keep a gate where it lies.
  CHECK(steps_in_c(plan(gru(32), "all", true)) == steps_in_c(plan(gru(64), "all", true)));
  CHECK(steps_in_c(plan(adapted_gru(16), "adapted", true)) ==
        steps_in_c(plan(adapted_gru(40), "adapted", true)));
}

TEST_CASE("roll: recurrences of the library are loops, also those that use what they hand on") {
  // The cell of an LSTM is used by its own turn and by the next, which sums its gradient there.
  const std::string step = "h, c = LstmCell(x[i], h, c) as cell shared";
  const auto cells = [&](int turns) {
    return fmt::format("h = zeros([5])\nc = zeros([5])\nrepeat i in 0..{} {{ {} }}\nreturn h + c",
                       turns, step);
  };
  const auto layer = [](const std::string& name) {
    return [name](int turns) { return fmt::format("y = {}(x, 5)\nreturn y[{}]", name, turns - 1); };
  };
  const std::vector<std::function<std::string(int)>> bodies = {cells, layer("Gru"), layer("Lstm")};
  for (const auto& body : bodies) {
    const auto net = [&](int turns) {
      return fmt::format(
          "tdl 1\nuse std.nn\nnet R(x: f32[{}, 3]) -> y: f32[5] {{\n{}\n}}\n"
          "train t of R {{\n  target z: f32[5]\n  loss mse(y, z)\n  optimizer sgd(lr: 0.1)\n"
          "  batch 2\n}}\n",
          turns, body(turns));
    };
    CAPTURE(net(12));
    const driver::Planned rolled = plan(net(12), "t", true);
    CHECK(steps_in_c(rolled) == steps_in_c(plan(net(30), "t", true)));
    CHECK(have_same_results(rolled, plan(net(12), "t", false)));
    CHECK(test::complaints_about(rolled, 5) == "");
  }
}

TEST_CASE("roll: no bit changes, and the memory is what the plan says") {
  for (const char* train : {"all", "last"}) {
    CAPTURE(train);
    const driver::Planned rolled = plan(gru(16), train, true);
    CHECK(have_same_results(rolled, plan(gru(16), train, false)));
    CHECK(test::complaints_about(rolled, 3) == "");
  }
}

TEST_CASE("roll: random recurrences keep their bits") {
  size_t shorter = 0;
  constexpr uint64_t kSeeds = 60;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    CAPTURE(seed);
    const std::string text = random_recurrence(seed);
    CAPTURE(text);
    const driver::Planned rolled = plan(text, "", true), flat = plan(text, "", false);
    CHECK(have_same_results(rolled, flat));
    if (seed % 6 == 0) CHECK(test::complaints_about(rolled, seed) == "");
    shorter += steps_in_c(rolled) < steps_in_c(flat) ? 1 : 0;
  }
  CHECK(shorter > kSeeds * 9 / 10);
}

TEST_CASE("roll: layers with weights of their own, and few turns, stay as they are") {
  const auto net = [](const std::string& path, int turns) {
    return fmt::format(
        "tdl 1\nuse std.nn\nnet N(x: f32[4]) -> y: f32[4] {{\n  h = x\n"
        "  repeat i in 0..{} {{\n    h = Linear(h, 4) as {} |> relu\n  }}\n  return h\n}}\n",
        turns, path);
  };
  CHECK(loops_of(plan(net("l[i]", 8), "", true), ir::GraphKind::infer).empty());
  CHECK(loops_of(plan(net("l shared", 3), "", true), ir::GraphKind::infer).empty());
  CHECK(loops_of(plan(net("l shared", 8), "", true), ir::GraphKind::infer).size() == 1);
}

TEST_CASE("roll: a repeat around another is one loop where its turns are alike") {
  const std::string text =
      "tdl 1\nnet N(x: f32[7, 4]) -> y: f32[4] {\n  param u: f32[4] = ones\n  h = x[0]\n"
      "  repeat t in 0..6 {\n    repeat i in 0..5 {\n      h = tanh(h * u + x[t + 1])\n    }\n  }\n"
      "  return h\n}\n";
  const driver::Planned rolled = plan(text, "", true);
  const std::vector<Stretch> loops = loops_of(rolled, ir::GraphKind::infer);
  REQUIRE(loops.size() == 1);
  CHECK(loops[0].turns == 6);
  CHECK(have_same_results(rolled, plan(text, "", false)));
}

}  // namespace
}  // namespace tdc::schedule
