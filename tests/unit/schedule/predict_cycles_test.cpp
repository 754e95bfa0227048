// Cycles of a schedule before it runs: amounts of launches counted by hand, and a clock on which
// transfers run beside the cores.

#include "schedule/predict_cycles.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "schedule/passes.h"
#include "support/embedded_files.h"
#include "unit/schedule/schedules.h"

namespace tdc::schedule {
namespace {

using ops::Division;
using test::ScheduleBuilder;

const std::string kHeading =
    "# A table\nkernel division calls outputs inputs rows items steps single_steps edge_steps "
    "gathered panels continued\n";

double amount(const Amounts& amounts, Amount which) {
  return amounts[static_cast<size_t>(which)];
}

KernelWork work_at(const Schedule& schedule, const chip::Chip& chip, size_t step) {
  return work_of(schedule, chip, std::get<Launch>(schedule.entry_points[0].steps[step]));
}

Amounts of(const Schedule& schedule, const chip::Chip& chip, size_t step = 0) {
  return work_at(schedule, chip, step).amounts;
}

ir::Attributes plain_product() {
  return {{"transpose_a", false}, {"transpose_b", false}, {"reduce", false}};
}

/// A 3x3 convolution of [1, channels, 8, 10] with padding 1.
Amounts of_convolution(int64_t channels, int64_t outputs, int64_t groups, const chip::Chip& chip,
                       int64_t dilation = 1) {
  const std::vector<int64_t> one = {1, 1};
  ScheduleBuilder b;
  b.entry_point("step");
  b.launch("conv2d",
           {b.input("x", {1, channels, 8, 10}), b.input("w", {outputs, channels / groups, 3, 3})},
           {b.output("y", {1, outputs, 8, 12 - 2 * dilation})},
           {{"stride", one},
            {"padding", one},
            {"dilation", std::vector<int64_t>{1, dilation}},
            {"groups", groups}});
  return of(b.schedule(), chip);
}

TEST_CASE("amounts: a product in blocks, the core that has the most of them") {
  chip::Chip chip = test::chip_with_scratchpad(96 * 1024, 60, 15);
  chip.cores = 8;
  ScheduleBuilder b;
  b.entry_point("step");
  const auto launch = [&](int64_t m, int64_t k, int64_t n) {
    b.launch("matmul", {b.input("x", {m, k}), b.input("w", {k, n}), {}}, {b.output("y", {m, n})},
             plain_product());
  };
  launch(12, 30, 16);  // 3 x 4 blocks, so some cores have two
  launch(5, 30, 8);    // two blocks, and a row of 8 outputs
  launch(8, 30, 6);    // two blocks, and two columns of 8 outputs
  launch(9, 30, 1);    // computed as 1 x 9: no block
  launch(6, 1, 10);    // chains of one
  launch(64, 8, 8);    // two columns of 64 rows, a quarter of a block each, of chains of 8
  const Schedule& schedule = b.schedule();
  const Amounts even = of(schedule, chip, 0);
  CHECK(amount(even, Amount::items) == 2);
  CHECK(amount(even, Amount::steps) == 2 * 30);
  CHECK(amount(even, Amount::single_steps) == 0);
  CHECK(amount(even, Amount::gathered) == 0);
  // Four of each operand a step, and two blocks of results.
  CHECK(work_at(schedule, chip, 0).far == 2 * 4 * 2 * 30 + 2 * 16);
  const Amounts ragged = of(schedule, chip, 1);
  CHECK(amount(ragged, Amount::items) == 1 + 1);
  CHECK(amount(ragged, Amount::steps) == 30);
  CHECK(amount(ragged, Amount::single_steps) == 30 / 4.0);
  const Amounts narrow = of(schedule, chip, 2);
  CHECK(amount(narrow, Amount::steps) == 30);
  CHECK(amount(narrow, Amount::single_steps) == 2 * 30 / 4.0);
  const Amounts vector = of(schedule, chip, 3);
  CHECK(amount(vector, Amount::items) == 1);
  CHECK(amount(vector, Amount::steps) == 0);
  CHECK(amount(vector, Amount::single_steps) == 2 * 30 / 4.0);  // some cores have two of nine
  const Amounts outer = of(schedule, chip, 4);
  CHECK(amount(outer, Amount::items) == 8);  // of 60 outputs
  CHECK(amount(outer, Amount::rows) == 6 * 8 / 60.0);
  // The same from columns of the left operand: blocks.
  b.launch("matmul", {b.input("x", {8, 64}), b.input("w", {8, 8}), {}}, {b.output("y", {64, 8})},
           {{"transpose_a", true}, {"transpose_b", false}, {"reduce", false}});
  CHECK(amount(of(b.schedule(), chip, 6), Amount::items) == 4);
  const Amounts thin = of(schedule, chip, 5);
  CHECK(amount(thin, Amount::items) == 1);
  CHECK(amount(thin, Amount::steps) == 16 * 8 / 4.0);
  CHECK(amount(thin, Amount::single_steps) == 0);
}

TEST_CASE("amounts: convolutions in blocks and in rows, and their edges") {
  chip::Chip chip = test::chip_with_scratchpad(96 * 1024, 60, 15);
  chip.cores = 2;
  // 2 x 20 blocks; of the kernel rows of 8 rows, two are outside of the image, so that a chain of
  // 36 is 33 on average.
  const Amounts full = of_convolution(4, 8, 1, chip);
  CHECK(amount(full, Amount::items) == 20);
  CHECK(amount(full, Amount::steps) == doctest::Approx(20 * 33));
  CHECK(amount(full, Amount::edge_steps) == doctest::Approx(20 * 33 * 2 / 8.0));
  CHECK(amount(full, Amount::gathered) == doctest::Approx(10 * 33 * 4));  // a column is two items
  // Blocks of a run: neither the 3 of 10 that pass a row's end, nor those beside the image, where
  // 2 of 30 pairs of a column and a tap are.
  const double runs = 0.7 * (1 - 4 * 2 / 30.0);
  CHECK(amount(full, Amount::rows) == doctest::Approx(10 * 33 * (runs + 4 * (1 - runs))));
  // 4 x 8 rows of 10 columns straight from the image, in blocks of up to 6.
  const Amounts depthwise = of_convolution(4, 4, 4, chip);
  CHECK(amount(depthwise, Amount::items) == 16 * 2);
  CHECK(amount(depthwise, Amount::single_steps) == 16 * 10 * 9);
  CHECK(amount(depthwise, Amount::steps) == 0);
  // 4 x 8 rows of 8 columns whose taps are no neighbours, in blocks of 4.
  const Amounts dilated = of_convolution(4, 4, 4, chip, 2);
  CHECK(amount(dilated, Amount::items) == 16 * 2);
  CHECK(amount(dilated, Amount::steps) == 16 * 2 * 9);
  CHECK(amount(dilated, Amount::single_steps) == 0);
  CHECK(amount(depthwise, Amount::gathered) == 0);
}

TEST_CASE("amounts: the gradient of an image has phases, each with the taps that meet it") {
  chip::Chip chip = test::chip_with_scratchpad(96 * 1024, 60, 15);
  chip.cores = 2;
  ScheduleBuilder b;
  b.entry_point("step");
  b.launch("conv2d_input_grad", {b.input("dy", {1, 8, 4, 4}), b.input("w", {8, 4, 3, 3})},
           {b.output("dx", {1, 4, 8, 8})},
           {{"stride", std::vector<int64_t>{2, 2}},
            {"padding", std::vector<int64_t>{1, 1}},
            {"dilation", std::vector<int64_t>{1, 1}},
            {"groups", int64_t{1}},
            {"dims", std::vector<int64_t>{1, 4, 8, 8}}});
  const Amounts amounts = of(b.schedule(), chip);
  // Four phases of 16 positions, 4 blocks, for two cores. Rows 0, 2 .. meet one kernel row, rows 1,
  // 3 .. two, of which one is outside of dy for row 7: 11 of 24; columns 12 of 24.
  const double chain = 8 * 9 * 11 / 24.0 * 12 / 24.0;
  CHECK(amount(amounts, Amount::items) == 4 * 2);
  CHECK(amount(amounts, Amount::steps) == doctest::Approx(4 * 2 * chain));
  CHECK(amount(amounts, Amount::edge_steps) == doctest::Approx(4 * 2 * chain / 8));
  CHECK(amount(amounts, Amount::panels) == 4 * 2);
}

TEST_CASE("amounts: the gradient of a kernel sums rows at the edge of the image by themselves") {
  chip::Chip chip = test::chip_with_scratchpad(96 * 1024, 60, 15);
  chip.cores = 2;
  ScheduleBuilder b;
  b.entry_point("step");
  b.launch("conv2d_weight_grad", {b.input("x", {1, 4, 8, 42}), b.input("dy", {1, 8, 8, 42}), {}},
           {b.output("dw", {8, 4, 3, 3})},
           {{"stride", std::vector<int64_t>{1, 1}},
            {"padding", std::vector<int64_t>{1, 1}},
            {"dilation", std::vector<int64_t>{1, 1}},
            {"groups", int64_t{1}},
            {"dims", std::vector<int64_t>{8, 4, 3, 3}}});
  const Amounts amounts = of(b.schedule(), chip);
  // 2 blocks of outputs, 9 of taps. The first row and the last one of 42 positions have a panel
  // each; the 252 positions between them fill three panels of 64 and a part of a fourth.
  CHECK(amount(amounts, Amount::items) == 9);
  CHECK(amount(amounts, Amount::panels) == 9 * (2 + 4));
}

TEST_CASE("amounts: where rows are whole blocks, three neighbours are read from the image") {
  chip::Chip chip = test::chip_with_scratchpad(96 * 1024, 60, 15);
  chip.cores = 2;
  ScheduleBuilder b;
  b.entry_point("step");
  const ir::Attributes attributes = {{"stride", std::vector<int64_t>{1, 1}},
                                     {"padding", std::vector<int64_t>{1, 1}},
                                     {"dilation", std::vector<int64_t>{1, 1}},
                                     {"groups", int64_t{1}}};
  const BufferId x = b.input("x", {1, 4, 8, 12}), y = b.input("y", {1, 8, 8, 12});
  ir::Attributes with_dims = attributes;
  with_dims.set("dims", std::vector<int64_t>{8, 4, 3, 3});
  b.launch("conv2d", {x, b.input("w", {8, 4, 3, 3})}, {b.output("z", {1, 8, 8, 12})}, attributes);
  b.launch("conv2d_weight_grad", {x, y, {}}, {b.output("dw", {8, 4, 3, 3})}, with_dims);
  // 2 x 24 blocks; of the kernel rows of 8 rows, two are outside of the image.
  const Amounts forward = of(b.schedule(), chip, 0);
  CHECK(amount(forward, Amount::items) == 24);
  CHECK(amount(forward, Amount::steps) == doctest::Approx(24 * 33));
  // 2 x 12 blocks of four outputs and the three taps of a row of a channel, three quarters of a
  // block each, which go along 96 positions but for those whose row is outside.
  const Amounts gradient = of(b.schedule(), chip, 1);
  CHECK(amount(gradient, Amount::items) == 12);
  CHECK(amount(gradient, Amount::steps) == doctest::Approx(12 * 96 * 22 / 24.0 * 3 / 4));
  for (const Amounts& amounts : {forward, gradient})
    for (const Amount none : {Amount::gathered, Amount::panels, Amount::rows, Amount::edge_steps})
      CHECK(amount(amounts, none) == 0);
}

TEST_CASE("amounts: rows of elements end where an operand does not go on") {
  chip::Chip chip = test::chip_with_scratchpad(96 * 1024, 60, 15);
  chip.cores = 1;
  ScheduleBuilder b;
  b.entry_point("step");
  b.launch("add", {b.input("x", {6, 10}), b.input("v", {6, 10})}, {b.output("y", {6, 10})});
  b.launch("add", {b.input("s", {6, 10}), b.input("bias", {10})}, {b.output("t", {6, 10})});
  b.launch("add", {b.input("q", {6, 10}), b.input("scalar", {1})}, {b.output("r", {6, 10})});
  CHECK(amount(of(b.schedule(), chip, 0), Amount::rows) == 0);
  CHECK(amount(of(b.schedule(), chip, 1), Amount::rows) == 6);
  CHECK(amount(of(b.schedule(), chip, 2), Amount::rows) == 0);  // the same element for all
  CHECK(amount(of(b.schedule(), chip, 0), Amount::outputs) == 60);
  CHECK(amount(of(b.schedule(), chip, 0), Amount::inputs) == 120);
  CHECK(work_at(b.schedule(), chip, 0).far == 180);
}

TEST_CASE("cycles: a table has lines for kernels, and one for all others") {
  const CycleTable table =
      CycleTable::parse(kHeading +
                        "* elements 100 2 0 0 0 0 0 0 0 0 0\n"
                        "td_relu_f32 elements 7 0 0 0 0 0 0 0 0 0 0   # its own\n");
  Amounts amounts = {};
  amounts[static_cast<size_t>(Amount::calls)] = 3;
  amounts[static_cast<size_t>(Amount::outputs)] = 10;
  const chip::Chip chip = test::chip_with_scratchpad(8192, /*transfer=*/60, /*load=*/15);
  CHECK(table.cycles({"td_relu_f32", Division::elements, amounts}, chip) == 21);
  CHECK(table.cycles({"td_neg_f32", Division::elements, amounts}, chip) == 320);
  // What lies outside of the scratchpad takes 14 cycles more.
  CHECK(table.cycles({"td_neg_f32", Division::elements, amounts, 4}, chip) == 320 + 4 * 14);
}

TEST_CASE("cycles: the table that tdc brings answers for kernels that nobody measured") {
  const EmbeddedFile* file =
      find_embedded_file(fmt::format("{}pulp_cluster/cycles.txt", kPlatformsFolder));
  REQUIRE(file != nullptr);
  const CycleTable table = CycleTable::parse(file->text);
  Amounts amounts = {};
  amounts[static_cast<size_t>(Amount::calls)] = 1;
  for (const Division division : {Division::elements, Division::blocks, Division::rows})
    for (const CycleTable* each : {&table, &CycleTable::rough()})
      CHECK(each->cycles({"another", division, amounts}, test::chip_with_scratchpad(8192, 60, 15)) >
            100);
}

/// Predictions of the schedule behind `tile`, with or without `prefetch`; kernels take 5,000
/// cycles.
std::map<int64_t, int64_t> predicted(const ScheduleBuilder& b, const chip::Chip& chip,
                                     bool is_prefetched) {
  const CycleTable table = CycleTable::parse(kHeading + "* elements 5000 0 0 0 0 0 0 0 0 0 0\n");
  Schedule schedule = tile(b.schedule(), chip, CycleTable::rough());
  if (is_prefetched) schedule = prefetch(std::move(schedule), chip);
  return predict_cycles(schedule, chip, table);
}

int64_t sum(const std::map<int64_t, int64_t>& cycles) {
  int64_t sum = 0;
  for (const auto& [step, count] : cycles) sum += count;
  return sum;
}

TEST_CASE("cycles: what comes and goes while cores work costs its start only") {
  ScheduleBuilder b;
  b.entry_point("step");
  b.launch("relu", {b.input("x", {400})}, {b.output("y", {400})});
  b.launch("neg", {b.input("v", {400})}, {b.output("w", {400})});
  chip::Chip chip = test::chip_with_scratchpad(8192, /*transfer=*/60, /*load=*/1000);
  // Each of two launches: 200 cycles and 60 of cost in, and the same back.
  const auto waiting = predicted(b, chip, false);
  CHECK(waiting.size() == 2);
  CHECK(sum(waiting) == 2 * (5000 + 2 * (60 + 200)));
  // The second comes while the first is computed, whose result goes beside the second: 30 cycles
  // to start each.
  CHECK(sum(predicted(b, chip, true)) == 2 * (5000 + 60 + 200) + 2 * 30);
  chip.scratchpad->row = 9;
  CHECK(sum(predicted(b, chip, false)) == 2 * (5000 + 2 * (60 + 200 + 9)));
}

TEST_CASE("cycles: transfers in one direction follow one another, those of two do not") {
  ScheduleBuilder b;
  const BufferId w = b.variable("w", {400});
  b.entry_point("step");
  b.launch("add", {w, b.input("x", {400})}, {b.output("y", {400})});
  chip::Chip chip = test::chip_with_scratchpad(8192, /*transfer=*/60, /*load=*/1000);
  // Both come by one bus, 200 cycles each, then the result goes.
  CHECK(sum(predicted(b, chip, false)) == 5000 + (60 + 2 * 200) + (60 + 200));
  // From two memories at a time: that which comes from the slower one, at 1 byte a cycle, is last.
  chip.stream = {.level = chip.levels.push_back({.name = "L3", .capacity = {1 << 20}}),
                 .transfer = 160};
  b.schedule().buffers[w].level = chip.stream->level;
  CHECK(sum(predicted(b, chip, false)) == 5000 + (160 + 1600) + (60 + 200));
}

TEST_CASE("cycles: turns of a loop are one step, whose transfers come a turn ahead") {
  ScheduleBuilder b;
  b.entry_point("step");
  b.launch("relu", {b.input("x", {2048})}, {b.output("y", {2048})});
  // Four pieces of 512 elements, two of them near at a time: 256 cycles each to bring.
  const chip::Chip chip = test::chip_with_scratchpad(8192, /*transfer=*/60, /*load=*/1000);
  const auto cycles = predicted(b, chip, false);
  REQUIRE(cycles.size() == 1);
  // The first piece and the last result are waited for; all others are started, 30 cycles each.
  CHECK(cycles.begin()->second == 4 * 5000 + 2 * (60 + 256) + 6 * 30);
}

}  // namespace
}  // namespace tdc::schedule
