#include "driver/strategy_table.h"

#include <fmt/format.h>

#include "check/interface_of.h"
#include "driver/initial_values.h"
#include "driver/pipeline.h"
#include "driver/report.h"
#include "memory/report.h"
#include "support/text.h"

namespace tdc::driver {
namespace {

double mega(int64_t flop) {
  return static_cast<double>(flop) / 1e6;
}
double kibi(Bytes bytes) {
  return static_cast<double>(bytes.count) / 1024;
}

/// One row, in the words of the columns.
struct Row {
  std::string name;
  ParameterCount parameters;
  Work work;
  std::vector<memory::LevelReport> levels;  // those that tensors are planned in
  std::string fit;
};

std::string fit_text(const PlannedSchedule& planned, const chip::Chip& chip,
                     const memory::LevelReport& level) {
  if (planned.not_fit) {
    std::vector<std::string> missing;
    for (const memory::Overflow& overflow : planned.not_fit->overflows)
      missing.push_back(
          fmt::format("{} more {}", to_text(overflow.shortfall), overflow.level_name));
    return fmt::format("does not fit `{}`: needs {}", chip.name, join_words(missing, "and"));
  }
  if (!chip.has_budget) return "no budget";
  return fmt::format("{} left in {}", to_text(level.capacity - level.need), level.name);
}

Row row_of(const std::string& name, const PlannedSchedule& planned, const chip::Chip& chip) {
  const Work step = work_of(planned.schedule, ir::GraphKind::train_step);
  const Work apply = work_of(planned.schedule, ir::GraphKind::apply);
  memory::MemoryReport report = memory::report_memory(planned.schedule, chip, planned.plan);
  Row row = {.name = name,
             .parameters = count_parameters(planned.schedule.variables),
             .work = {.forward = step.forward,
                      .backward = step.backward,
                      .update = step.update + apply.update},
             .levels = {},
             .fit = fit_text(planned, chip, report.levels.at(chip.tensors.index))};
  for (memory::LevelReport& level : report.levels)
    if (level.peak.count > 0) row.levels.push_back(std::move(level));
  return row;
}

/// A row's memory beyond weights: per level its peak and the lower bound of it.
std::string memory_text(const Row& row) {
  std::string text;
  for (const memory::LevelReport& level : row.levels)
    text += fmt::format(" {:>10} {:>10}", fmt::format("{:.1f}", kibi(level.peak - level.variables)),
                        fmt::format("{:.1f}", kibi(level.max_live - level.variables)));
  return text;
}

std::string peaks_text(const Row& row) {
  std::string text;
  for (const memory::LevelReport& level : row.levels) {
    text += fmt::format("\n{}: most is live in {} while {} runs `{}`", row.name, level.name,
                        level.peak_entry_point, level.peak_step);
    text += level.variables.count > 0
                ? fmt::format("; beside {} of variables\n", to_text(level.variables))
                : "\n";
    for (const memory::LiveTensor& tensor : level.largest_temporaries_at_peak)
      text += fmt::format("  {:>10}  {}\n", to_text(tensor.size), tensor.name);
  }
  return text;
}

}  // namespace

std::optional<std::string> strategy_table(SourceFiles& files, FileId file,
                                          const CompileOptions& options, Diagnostics& diagnostics) {
  Dump none;
  const std::optional<check::CheckedFile> checked =
      check_file(files, file, options, DefaultDeploy::first_of_file, diagnostics, none);
  if (!checked) return std::nullopt;
  std::string head, rows, peaks;
  for (const check::Program& program : checked->programs) {
    if (!program.training) return std::string("the file has no `train` block\n");
    const std::optional<ir::Module> module =
        make_module(program, options.without, diagnostics, none);
    check_weights(program, {}, files.name(file), diagnostics);
    if (!module || diagnostics.has_errors()) return std::nullopt;
    const check::Deployment& deployment = program.deployment;
    const Row row = row_of(program.training->name,
                           plan_module(*module, check::interface_of(program), deployment.chip,
                                       options.without, !program.weights_from.empty(), none),
                           deployment.chip);
    if (head.empty()) {
      head = fmt::format(
          "deploy `{}` on {}; MFLOP of one train step; KiB beyond weights and input, and its "
          "lower bound\n\n{:<12} {:>10} {:>9} {:>8} {:>8} {:>8}",
          deployment.name, deployment.chip.name, "train", "parameters", "trained", "forward",
          "backward", "update");
      for (const memory::LevelReport& level : row.levels)
        head += fmt::format(" {:>10} {:>10}", level.name + " peak", "bound");
      head += "\n";
    }
    rows += fmt::format("{:<12} {:>10} {:>9} {:>8.1f} {:>8.1f} {:>8.2f}{}  {}\n", row.name,
                        row.parameters.all, row.parameters.trained, mega(row.work.forward),
                        mega(row.work.backward), mega(row.work.update), memory_text(row), row.fit);
    peaks += peaks_text(row);
  }
  return head + rows + peaks;
}

}  // namespace tdc::driver
