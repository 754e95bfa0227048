#include "growth_stages.h"

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string_view>
#include <utility>

#include "check/interface_of.h"
#include "diag/render.h"
#include "driver/initial_values.h"
#include "driver/pipeline.h"
#include "driver/report.h"
#include "emit/emit_project.h"
#include "memory/plan_memory.h"
#include "memory/validate.h"
#include "runner/build.h"
#include "schedule/lifetimes.h"
#include "schedule/lower.h"
#include "schedule/order.h"
#include "support/output_folder.h"

namespace tdc::test {
namespace {

std::string train(std::string_view net, std::string_view loss, std::string_view groups) {
  return fmt::format("train t of {} {{\n  loss {}\n  optimizer sgd(lr: 0.1)\n  {}\n}}\n", net, loss,
                     groups);
}

std::string chain(int64_t size) {
  return fmt::format(
             "tdl 1\nnet N(x: f32[3]) -> y: f32[] {{\n  param w: f32[3] = ones\n  x = x * w\n"
             "  repeat i in 0..{} {{ x = relu(x) }}\n  return sum(x)\n}}\n",
             size) +
         train("N", "y", "batch 1");
}

std::string encoders(int64_t size) {
  return fmt::format(
             "tdl 1\nuse std.nn\nnet N(x: f32[4, 8]) -> y: f32[] {{\n"
             "  repeat i in 0..{} {{ x = CctEncoder(x, heads: 2, hidden: 8) as blocks[i] }}\n"
             "  return mean(x)\n}}\n",
             size) +
         train("N", "y", "batch 1");
}

std::string parameters(int64_t size) {
  return fmt::format(
             "tdl 1\nblock Scale(x: f32[4]) -> f32[4] {{\n  param w: f32[4] = ones\n"
             "  return x * w\n}}\nnet N(x: f32[4]) -> y: f32[] {{\n"
             "  repeat i in 0..{} {{ x = Scale(x) as scales[i] }}\n  return mean(x)\n}}\n",
             size) +
         train("N", "y", "batch 2 accumulate 2");
}

/// One parameter that is used so often.
std::string uses(int64_t size) {
  return fmt::format(
             "tdl 1\nnet N(x: f32[4]) -> y: f32[] {{\n  param w: f32[4] = ones\n"
             "  repeat i in 0..{} {{ x = x * w }}\n  return mean(x)\n}}\n",
             size) +
         train("N", "y", "batch 2 accumulate 2");
}

/// One matrix of a million elements for each unit of size.
std::string weights(int64_t size) {
  return fmt::format(
             "tdl 1\nuse std.nn\nnet N(x: f32[1000]) -> y: f32[] {{\n"
             "  repeat i in 0..{} {{ x = Linear(x, 1000, bias: false) as layers[i] }}\n"
             "  return mean(x)\n}}\n",
             size) +
         train("N", "y", "batch 1");
}

/// Measures stages.
struct Stages {
  std::vector<StageTime> times;

  template <typename Run>
  auto measure(std::string_view name, Run run) {
    const std::clock_t begin = std::clock();
    auto result = run();
    const std::clock_t end = std::clock();
    times.push_back({std::string(name), static_cast<double>(end - begin) / CLOCKS_PER_SEC});
    return result;
  }
};

[[noreturn]] void stop(const SourceFiles& files, const Diagnostics& diagnostics) {
  fmt::print(stderr, "{}", render(diagnostics, files));
  std::exit(2);
}

}  // namespace

std::vector<StageTime> stage_times(const std::string& text) {
  Stages stages;
  SourceFiles files;
  Diagnostics diagnostics;
  driver::Dump no_dump;
  const FileId file = files.add("growth.td", text);
  const driver::CompileOptions options;
  const std::optional<check::Program> checked = stages.measure("parse and check", [&] {
    return driver::check_program(files, file, options, driver::DefaultDeploy::host, diagnostics,
                                 no_dump);
  });
  if (!checked) stop(files, diagnostics);
  const std::optional<ir::Module> module = stages.measure("entry points, passes", [&] {
    return driver::make_module(*checked, {}, diagnostics, no_dump);
  });
  if (!module) stop(files, diagnostics);
  const interface::Interface interface = check::interface_of(*checked);
  const chip::Chip& chip = interface.chip;
  stages.measure("  order alone", [&] {
    size_t nodes = 0;
    for (const ir::Graph& graph : module->graphs) nodes += schedule::order_nodes(graph).size();
    return nodes;
  });
  stages.measure("  lower alone", [&] { return schedule::lower(*module, chip); });
  driver::PlannedSchedule planned = stages.measure("schedule, plan", [&] {
    return driver::plan_module(*module, interface, chip, {}, /*has_weight_file=*/false, no_dump);
  });
  driver::Compilation compilation = {.program = *checked,
                                     .interface = interface,
                                     .module = *module,
                                     .schedule = std::move(planned.schedule),
                                     .plan = std::move(planned.plan)};
  stages.measure("  lifetimes alone",
                 [&] { return schedule::find_lifetimes(compilation.schedule); });
  stages.measure("  plan alone", [&] {
    return memory::plan_memory(compilation.schedule, chip, compilation.plan.program_data);
  });
  stages.measure("  validate alone",
                 [&] { return memory::validate(compilation.schedule, compilation.plan); });
  stages.measure("report", [&] {
    return driver::report_text(*checked, compilation.schedule, compilation.plan);
  });
  compilation.initial_values = stages.measure("initial values", [&] {
    return driver::make_initial_values(compilation.schedule.variables, *checked, options,
                                       "growth.td", diagnostics)
        .value();
  });
  compilation.files = stages.measure("emit", [&] {
    const emit::Model model = {.interface = compilation.interface,
                               .schedule = compilation.schedule,
                               .plan = compilation.plan,
                               .initial_values = compilation.initial_values,
                               .files = files};
    return emit::emit_project(model, driver::report_json(compilation, "growth.td"));
  });
  const Result<runner::TemporaryFolder> folder = runner::TemporaryFolder::make();
  if (!folder.ok()) std::exit(2);
  stages.measure(
      "write", [&] { return write_output_folder(folder.value().path(), compilation.files).ok(); });
  return stages.times;
}

const std::vector<GrowingProgram>& growing_programs() {
  static const std::vector<GrowingProgram> kPrograms = {
      {.name = "chain", .smallest = 3000, .text = chain},
      {.name = "encoders", .smallest = 40, .text = encoders},
      {.name = "parameters", .smallest = 500, .text = parameters},
      {.name = "uses", .smallest = 1000, .text = uses},
      {.name = "weights", .smallest = 4, .text = weights}};
  return kPrograms;
}

}  // namespace tdc::test
