// What `use_views` is for: the transformer of examples/cct copies next to nothing only to move it,
// and needs no more memory for that.

#include <doctest/doctest.h>

#include <algorithm>

#include "diag/render.h"
#include "driver/pipeline.h"
#include "ops/op.h"
#include "schedule/passes.h"
#include "support/files.h"
#include "unit/schedule/recurrences.h"
#include "unit/schedule/schedules.h"

namespace tdc::schedule {
namespace {

driver::Planned plan(const std::string& train, const std::vector<std::string>& without) {
  SourceFiles files;
  const std::string path = std::string(TDC_SOURCE_DIR) + "/examples/cct/cct.td";
  const FileId file = files.add(path, read_file(path).value());
  Diagnostics diagnostics;
  driver::Dump none;
  std::optional<driver::Planned> planned =
      driver::plan_program(files, file, {.train = train, .deploy = "host", .without = without},
                           driver::DefaultDeploy::host, diagnostics, none);
  REQUIRE_MESSAGE(planned.has_value(), render(diagnostics, files));
  return *std::move(planned);
}

/// Launches that only move elements.
int64_t moves(const Schedule& schedule) {
  int64_t count = 0;
  for (const EntryPoint& entry : schedule.entry_points)
    count += std::count_if(entry.steps.begin(), entry.steps.end(), [](const Step& step) {
      const auto* launch = std::get_if<Launch>(&step);
      return launch != nullptr && launch->op->work == ops::Work::none && !launch->inputs.empty();
    });
  return count;
}

TEST_CASE("the transformer copies next to nothing only to move it, and its peak is no higher") {
  for (const std::string train : {"ft2", "lora2", "full"}) {
    CAPTURE(train);
    const driver::Planned with = plan(train, {}), without = plan(train, {"use_views"});
    CHECK(moves(without.schedule) >= 35);
    CHECK(moves(with.schedule) <= 4);
    for (const LevelId level : with.plan.levels.ids())
      CHECK(with.plan.levels[level].peak <= without.plan.levels[level].peak);
  }
}

/// Steps that are left of a relu, of the positions 0 and 1 of its result along an axis, and of a
/// copy of these.
size_t steps_left(int64_t axis, const ir::Dims& dims) {
  test::ScheduleBuilder b;
  b.entry_point("step");
  const BufferId x = b.input("x", {4, 6}), y = b.output("y", dims);
  const BufferId t = b.temporary("t", {4, 6}), part = b.temporary("part", dims);
  b.launch("relu", {x}, {t});
  const auto slice = b.node("slice", {{b.value(t), {4, 6}}}, dims,
                            {{"axis", axis}, {"begin", int64_t{0}}, {"end", int64_t{2}}});
  b.piece(slice, ops::whole_box(slice.op->space(slice.call)),
          {{.buffer = t, .offset = 0, .extent = dims, .stride = {6, 1}}}, {b.whole(part)});
  b.set_value(part, slice.outputs[0]);
  b.copy(b.whole(part), b.whole(y));
  return use_views(b.schedule()).entry_points[0].steps.size();
}

TEST_CASE("use_views: a copy takes rows from where they lie, but not columns") {
  CHECK(steps_left(-2, {2, 6}) == 2);
  CHECK(steps_left(-1, {4, 2}) == 3);  // a copy without a transfer moves one piece
}

/// What a net of x[4, 12], z[4, 3] and a hidden h[4, 12] with this body copies when it infers; with
/// views it has the results that it has without, and sound memory.
std::vector<Launch> copies_of(const std::string& body) {
  const std::string text =
      "tdl 1\nnet N(x: f32[4, 12], z: f32[4, 3]) -> y: f32[4] {\n  param w: f32[12] = uniform(1)\n"
      "  h = tanh(x * w + sum(z))\n" +
      body +
      "}\ntrain t of N {\n  target r: f32[4]\n  loss mse(y, r)\n  optimizer sgd(lr: 0.1)\n  batch "
      "2\n}\n";
  const driver::Planned with = test::plan_recurrence(text, "t");
  CHECK(test::have_same_results(with, test::plan_recurrence(text, "t", {"use_views"})));
  CHECK(test::complaints_about(with, 3) == "");
  std::vector<Launch> copies;
  for (const Step& step : find_entry_point(with.schedule, ir::GraphKind::infer)->steps) {
    const auto* launch = std::get_if<Launch>(&step);
    if (launch != nullptr && launch->op->work == ops::Work::none && !launch->inputs.empty())
      copies.push_back(*launch);
  }
  return copies;
}

TEST_CASE("use_views: slices from any position, with any step, lie where their operand does") {
  CHECK(copies_of("  return sum(h[:, 4:8] * h[:, 8:12], axis: 1)\n").empty());
  CHECK(copies_of("  return sum(h[1:4, 1:12:4][0:2] * h[2:4, 2:11:4], axis: 1)[0] + h[:, 7]\n")
            .empty());
}

TEST_CASE("use_views: an operand of concat that cannot lie in the result is moved alone") {
  const std::string g = "  g = exp(h[:, 0:3])\n";
  // An input stays where the caller has it, between two parts that are made in place.
  std::vector<Launch> copies =
      copies_of(g + "  c = concat([sin(h), z, g], axis: 1)\n  return sum(c * c, axis: 1)\n");
  REQUIRE(copies.size() == 1);
  CHECK(copies[0].box.back() == ops::Range{12, 15});
  // Of what occurs twice the second is a copy of the first, and neighbours are moved at once.
  copies = copies_of(g + "  c = concat([g, g, z], axis: 1)\n  return sum(c * c, axis: 1)\n");
  REQUIRE(copies.size() == 1);
  CHECK(copies[0].box.back() == ops::Range{3, 9});
}

}  // namespace
}  // namespace tdc::schedule
