// What `use_views` is for: the transformer of examples/cct copies next to nothing only to move it,
// and needs no more memory for that.

#include <doctest/doctest.h>

#include <algorithm>

#include "diag/render.h"
#include "driver/pipeline.h"
#include "ops/op.h"
#include "support/files.h"

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

}  // namespace
}  // namespace tdc::schedule
