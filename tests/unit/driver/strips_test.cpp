// What strips gain: the peaks of nets whose first blocks are frozen or only run.

#include <doctest/doctest.h>

#include <algorithm>

#include "diag/render.h"
#include "driver/pipeline.h"
#include "support/files.h"

namespace tdc::driver {
namespace {

/// A file of the project, perhaps with another text, planned.
Planned planned(const std::string& file, std::string text, const CompileOptions& options) {
  SourceFiles files;
  Diagnostics diagnostics;
  Dump none;
  const FileId id = files.add(std::string(TDC_SOURCE_DIR) + file, std::move(text));
  std::optional<Planned> result =
      plan_program(files, id, options, DefaultDeploy::first_of_file, diagnostics, none);
  INFO(file, ", train `", options.train, "`\n", render(diagnostics, files));
  REQUIRE(result.has_value());
  return *std::move(result);
}

std::string text_of(const std::string& file) {
  return read_file(std::string(TDC_SOURCE_DIR) + file).value();
}

/// Bytes of the arena of L2, or of the one level there is.
int64_t peak(const std::string& file, const std::string& train,
             const std::vector<std::string>& without) {
  const Planned found =
      planned(file, text_of(file), {.train = train, .deploy = "host", .without = without});
  Bytes most;
  for (const memory::LevelPlan& level : found.plan.levels) most = std::max(most, level.peak);
  return most.count;
}

TEST_CASE("strips lower the peak where the first blocks are frozen") {
  struct Case {
    const char *file, *train;
    int64_t whole_bytes;  ///< by hand: the first convolution's result and that of its pooling
  };
  // lp of CCT: [64, 32, 32] and [64, 16, 16]; its head of 1,290 trained parameters beside them.
  // tail: [16, 32, 32] and [16, 16, 16]; conv2 and head, 12,058 parameters, beside them.
  for (const Case& each : {Case{"/examples/cct/cct.td", "lp", 4 * (64 * 1024 + 64 * 256 + 1290)},
                           Case{"/tests/diff/cnn_strips.td", "tail",
                                4 * (16 * 1024 + 16 * 256 + 24 * 32 * 9 + 32 + 512 * 10 + 10)}}) {
    CAPTURE(each.file);
    const int64_t whole = peak(each.file, each.train, {"group"});
    CHECK(whole >= each.whole_bytes);
    CHECK(whole < each.whole_bytes + 4096);
    const int64_t strips = peak(each.file, each.train, {});
    CHECK(strips < whole * 9 / 10);
    MESSAGE(std::string(each.file), " ", std::string(each.train), ": ", whole, " bytes whole, ",
            strips, " in strips");
  }
}

/// How many steps update `weight`, with `budget` in the program's `deploy`.
int64_t updates(const std::string& file, const std::string& weight, const std::string& budget) {
  std::string text = text_of(file);
  text.insert(text.rfind('}'), budget);
  const Planned found = planned(file, std::move(text), {});
  int64_t count = 0;
  for (const schedule::EntryPoint& entry : found.schedule.entry_points)
    for (const schedule::Step& step : entry.steps)
      if (const auto* launch = std::get_if<schedule::Launch>(&step))
        count += launch->op->name == "sgd_update" && launch->label == weight ? 1 : 0;
  return count;
}

TEST_CASE("strips of a gradient are as long as the scratchpad has room for, if that is faster") {
  // out.weight has 640 rows of 128. An update touches a strip of the gradient, which stays, and two
  // of the weight: its own, and the next one on its way.
  constexpr int64_t kRow = 3 * 128 * 4;
  constexpr const char* kFile = "/tests/bench/chip/autoencoder.td";
  const auto strips = [](int64_t room) {
    int64_t count = 1;
    while (640 / count * kRow > room) count *= 2;
    return count;
  };
  const int64_t reserved = 25 * 1024;  // stacks and code, within a row or two
  CHECK(updates(kFile, "out.weight", "") == strips(128 * 1024 - reserved));
  CHECK(updates(kFile, "out.weight", "budget L1 <= 64 KiB") == strips(64 * 1024 - reserved));
}

}  // namespace
}  // namespace tdc::driver
