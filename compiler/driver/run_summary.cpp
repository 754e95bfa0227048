#include "driver/run_summary.h"

#include <fmt/format.h>

#include <numeric>

#include "driver/report.h"
#include "runner/progress.h"

namespace tdc::driver {
namespace {

using runner::with_commas;

constexpr int kCurveRows = 6;

double mean(std::span<const float> losses) {
  return std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(losses.size());
}

}  // namespace

std::string description_text(const RunContext& run) {
  const auto& [command, compilation, inputs, interrupts] = run;
  const check::Program& program = compilation.program;
  const ParameterCount parameters = count_parameters(compilation.schedule.variables);
  std::string text = fmt::format("{} on {}", program.net, command.target);
  if (program.training)
    text += fmt::format(", `{}` with batch {} accumulate {}", program.training->name,
                        program.training->batch, program.training->accumulate);
  text += fmt::format("\n  parameters  {}, {} trained\n", with_commas(parameters.all),
                      with_commas(parameters.trained));
  for (const memory::LevelPlan& level : compilation.plan.levels) {
    if (level.peak.count == 0) continue;
    const chip::MemoryLevel& memory = program.deployment.chip.levels[level.level];
    text += fmt::format("  memory      peak {}", to_text(level.peak));
    if (program.deployment.chip.has_budget)
      text += fmt::format(" in {}, which has {}", memory.name, to_text(level.capacity));
    text += fmt::format(" (`deploy {}`)\n", program.deployment.name);
  }
  text += fmt::format("  data        {}, {} samples\n", inputs.data,
                      with_commas(inputs.samples.count()));
  text += command.keep.empty()
              ? std::string("  C project   in a temporary folder (`--keep FOLDER` keeps it)\n")
              : fmt::format("  C project   {}\n", command.keep);
  if (inputs.chip) text += fmt::format("  chip        {}\n", inputs.chip->program());
  return text;
}

std::string loss_text(std::span<const float> losses) {
  if (losses.empty()) return {};
  const size_t tenth = (losses.size() + 9) / 10;
  const double first = mean(losses.first(tenth));
  const double last = mean(losses.last(tenth));
  if (tenth == 1)
    return fmt::format("  loss {:.4g} at the first update, {:.4g} at the last\n", first, last);
  return fmt::format(
      "  loss {0:.4g} in the mean of the first {2} updates, {1:.4g} of the last {2}\n", first, last,
      with_commas(static_cast<int64_t>(tenth)));
}

std::string filled_text(int64_t samples, int64_t count, int64_t batch) {
  int64_t filled = 0;  // batches that hold samples from both ends
  int64_t last = -1;
  int64_t first_end = 0;  // of a pass in the last of them
  for (int64_t end = count; end < samples; end += count) {
    if (end % batch == 0 || end / batch == last) continue;
    last = end / batch;
    first_end = end;
    ++filled;
  }
  if (filled == 0) return {};
  if (filled == 1 && samples - first_end < batch)
    return fmt::format("  the last batch is filled with {} {} from the start of the data\n",
                       with_commas(samples - first_end),
                       samples - first_end == 1 ? "sample" : "samples");
  return fmt::format("  {} {} on from the end of the data to its start\n", with_commas(filled),
                     filled == 1 ? "batch goes" : "batches go");
}

std::string training_text(Ending ending, std::span<const float> losses, int64_t updates,
                          int64_t samples, std::chrono::duration<double> elapsed, int columns) {
  const std::string_view verb = ending == Ending::done          ? "trained"
                                : ending == Ending::interrupted ? "interrupted after"
                                                                : "stopped after";
  const std::string text = fmt::format("{} {} of {} updates, {} samples in {:.1f} s ({})\n", verb,
                                       with_commas(static_cast<int64_t>(losses.size())),
                                       with_commas(updates), with_commas(samples), elapsed.count(),
                                       runner::sample_rate_text(samples, elapsed));
  return text + runner::loss_curve(losses, columns, kCurveRows) + loss_text(losses);
}

}  // namespace tdc::driver
