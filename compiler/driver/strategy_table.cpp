#include "driver/strategy_table.h"

#include <fmt/format.h>

#include "driver/pipeline.h"
#include "driver/report.h"
#include "memory/report.h"
#include "syntax/parse.h"

namespace tdc::driver {
namespace {

/// Names of the `train` blocks, in the order of the file.
std::vector<std::string> train_blocks(const SourceFiles& files, FileId file) {
  Diagnostics reported_elsewhere;
  const std::optional<ast::File> tree = parse(files, file, reported_elsewhere);
  std::vector<std::string> names;
  if (tree)
    for (const ast::Declaration& declaration : tree->declarations)
      if (const auto* train = std::get_if<ast::Train>(&declaration.kind))
        names.push_back(train->name.text);
  return names;
}

double mega(int64_t flop) {
  return static_cast<double>(flop) / 1e6;
}
double kibi(Bytes bytes) {
  return static_cast<double>(bytes.count) / 1024;
}

}  // namespace

std::optional<std::string> strategy_table(SourceFiles& files, FileId file,
                                          const CompileOptions& options, Diagnostics& diagnostics) {
  std::string rows, peaks;
  std::string deploy;
  for (const std::string& name : train_blocks(files, file)) {
    CompileOptions each = options;
    each.train = name;
    Dump none;
    Diagnostics messages;
    const std::optional<Planned> planned =
        plan_program(files, file, each, DefaultDeploy::first_of_file, messages, none);
    if (!planned) {
      diagnostics = std::move(messages);
      return std::nullopt;
    }
    const schedule::Chip& chip = planned->program.deployment.chip;
    deploy = fmt::format("`{}` on {}", planned->program.deployment.name, chip.name);
    const ParameterCount parameters = count_parameters(planned->schedule.variables);
    const Work step = work_of(planned->schedule, "train_step");
    const Work apply = work_of(planned->schedule, "apply");
    const memory::MemoryReport report =
        memory::report_memory(planned->schedule, chip, planned->plan);
    const memory::LevelReport& level = report.levels.at(chip.tensors.index);
    const std::string fit =
        planned->not_fit
            ? fmt::format("{} too little in {}", to_text(planned->not_fit->overflows[0].shortfall),
                          planned->not_fit->overflows[0].level_name)
        : chip.has_budget
            ? fmt::format("{} left in {}", to_text(level.capacity - level.need), level.name)
            : std::string("no budget");
    rows += fmt::format("{:<12} {:>10} {:>9} {:>8.1f} {:>8.1f} {:>8.2f} {:>10.1f} {:>10.1f}  {}\n",
                        name, parameters.all, parameters.trained, mega(step.forward),
                        mega(step.backward), mega(step.update + apply.update),
                        kibi(level.peak - level.variables), kibi(level.max_live - level.variables),
                        fit);
    peaks += fmt::format("\n{}: most is live in {} at `{}`\n", name, level.peak_entry_point,
                         level.peak_step);
    for (const memory::LiveTensor& tensor : level.largest_at_peak)
      peaks += fmt::format("  {:>10}  {}\n", to_text(tensor.size), tensor.name);
  }
  if (rows.empty()) return std::string("the file has no `train` block\n");
  return fmt::format(
      "deploy {}; MFLOP of one train step; KiB beyond weights and input, and its lower bound\n\n"
      "{:<12} {:>10} {:>9} {:>8} {:>8} {:>8} {:>10} {:>10}\n{}{}",
      deploy, "train", "parameters", "trained", "forward", "backward", "update", "peak KiB",
      "bound KiB", rows, peaks);
}

}  // namespace tdc::driver
