// How the compiler's processor time grows with the program: seconds per stage for programs of sizes
// n, 3n and 10n, and how much more the larger ones take. 3 and 10 are linear growth, 9 and 100 are
// quadratic. Asserts nothing about time. `growth [PROGRAM...]` measures the named programs only.

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "diag/render.h"
#include "driver/pipeline.h"
#include "driver/report.h"
#include "memory/lifetimes.h"
#include "memory/validate.h"
#include "runner/build.h"
#include "schedule/lower.h"
#include "schedule/order.h"
#include "support/output_folder.h"

namespace {

using namespace tdc;

/// A family of programs.
struct Program {
  std::string name;
  int64_t smallest;  ///< n
  std::function<std::string(int64_t size)> text;
};

std::string train(std::string_view net, std::string_view loss) {
  return fmt::format("train t of {} {{\n  loss {}\n  optimizer sgd(lr: 0.1)\n}}\n", net, loss);
}

std::string chain(int64_t size) {
  return fmt::format(
             "tdl 1\nnet N(x: f32[3]) -> y: f32[] {{\n  param w: f32[3] = ones\n  x = x * w\n"
             "  repeat i in 0..{} {{ x = relu(x) }}\n  return sum(x)\n}}\n",
             size) +
         train("N", "y");
}

std::string encoders(int64_t size) {
  return fmt::format(
             "tdl 1\nuse std.nn\nnet N(x: f32[4, 8]) -> y: f32[] {{\n"
             "  repeat i in 0..{} {{ x = CctEncoder(x, heads: 2, hidden: 8) as blocks[i] }}\n"
             "  return mean(x)\n}}\n",
             size) +
         train("N", "y");
}

std::string parameters(int64_t size) {
  return fmt::format(
             "tdl 1\nblock Scale(x: f32[4]) -> f32[4] {{\n  param w: f32[4] = ones\n"
             "  return x * w\n}}\nnet N(x: f32[4]) -> y: f32[] {{\n"
             "  repeat i in 0..{} {{ x = Scale(x) as scales[i] }}\n  return mean(x)\n}}\n",
             size) +
         train("N", "y");
}

/// One matrix of a million elements for each unit of size.
std::string weights(int64_t size) {
  return fmt::format(
             "tdl 1\nuse std.nn\nnet N(x: f32[1000]) -> y: f32[] {{\n"
             "  repeat i in 0..{} {{ x = Linear(x, 1000, bias: false) as layers[i] }}\n"
             "  return mean(x)\n}}\n",
             size) +
         train("N", "y");
}

const std::vector<Program> kPrograms = {{.name = "chain", .smallest = 3000, .text = chain},
                                        {.name = "encoders", .smallest = 40, .text = encoders},
                                        {.name = "parameters", .smallest = 500, .text = parameters},
                                        {.name = "weights", .smallest = 4, .text = weights}};
const std::vector<int64_t> kFactors = {1, 3, 10};

/// Seconds of processor time of this process.
double processor_time() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Processor seconds of stages, in the order of their first runs.
struct Stages {
  std::vector<std::pair<std::string, double>> seconds;

  template <typename Run>
  auto measure(std::string_view name, Run run) {
    const double begin = processor_time();
    auto result = run();
    seconds.emplace_back(name, processor_time() - begin);
    return result;
  }
};

[[noreturn]] void stop(const SourceFiles& files, const Diagnostics& diagnostics) {
  fmt::print(stderr, "{}", render(diagnostics, files));
  std::exit(2);
}

Stages measure(const Program& program, int64_t size) {
  Stages stages;
  SourceFiles files;
  Diagnostics diagnostics;
  driver::Dump no_dump;
  const FileId file = files.add(program.name + ".td", program.text(size));
  const driver::CompileOptions options;
  const std::optional<check::Program> checked = stages.measure("parse and check", [&] {
    return driver::check_program(files, file, options, driver::DefaultDeploy::host, diagnostics);
  });
  if (!checked) stop(files, diagnostics);
  const std::optional<ir::Module> module = stages.measure(
      "entry points, passes", [&] { return driver::make_module(*checked, diagnostics, no_dump); });
  if (!module) stop(files, diagnostics);
  const chip::Chip& chip = checked->deployment.chip;
  stages.measure("of it: order", [&] {
    size_t nodes = 0;
    for (const ir::Graph& graph : module->graphs) nodes += schedule::order_nodes(graph).size();
    return nodes;
  });
  const schedule::Schedule schedule =
      stages.measure("lower", [&] { return schedule::lower(*module, chip); });
  const driver::PlannedSchedule planned = stages.measure("lower, plan, validate", [&] {
    return driver::plan_module(*module, *checked, chip, /*has_weight_file=*/false, no_dump);
  });
  stages.measure("of it: lifetimes", [&] { return memory::find_lifetimes(planned.schedule); });
  stages.measure("of it: validate",
                 [&] { return memory::validate(planned.schedule, planned.plan); });
  stages.measure("report",
                 [&] { return driver::report_text(*checked, planned.schedule, planned.plan); });
  const std::optional<driver::Compilation> compilation = stages.measure("all, with emit", [&] {
    return driver::compile(files, file, options, driver::DefaultDeploy::host, diagnostics, no_dump);
  });
  if (!compilation) stop(files, diagnostics);
  const Result<runner::TemporaryFolder> folder = runner::TemporaryFolder::make();
  if (!folder.ok()) std::exit(2);
  stages.measure(
      "write", [&] { return write_output_folder(folder.value().path(), compilation->files).ok(); });
  return stages;
}

void print(const Program& program) {
  std::vector<Stages> runs;
  fmt::print("{:<26}", program.name);
  for (const int64_t factor : kFactors) {
    fmt::print("{:>10}", program.smallest * factor);
    std::fflush(stdout);
    runs.push_back(measure(program, program.smallest * factor));
  }
  for (size_t i = 1; i < kFactors.size(); ++i) fmt::print("{:>9}", fmt::format("x{}", kFactors[i]));
  fmt::print("\n");
  for (size_t stage = 0; stage < runs[0].seconds.size(); ++stage) {
    fmt::print("  {:<24}", runs[0].seconds[stage].first);
    for (const Stages& run : runs) fmt::print("{:>10.3f}", run.seconds[stage].second);
    // Below a millisecond the clock of the kernel says nothing.
    for (size_t i = 1; i < runs.size(); ++i)
      fmt::print("{:>9.1f}",
                 runs[i].seconds[stage].second / std::max(1e-3, runs[0].seconds[stage].second));
    fmt::print("\n");
  }
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> wanted(words + 1, words + count);
  for (const Program& program : kPrograms)
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), program.name) != wanted.end())
      print(program);
  return 0;
}
