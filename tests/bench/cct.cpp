// Measures examples/cct on this machine: compiling it, a training step of generated C in one
// thread, and one in the emulated RISC-V program. Ends with status 1 if one takes more processor
// time than it may.

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>

#include "driver/pipeline.h"
#include "emit/emit_runner.h"
#include "io/load.h"
#include "runner/build.h"
#include "runner/client.h"
#include "runner/samples.h"
#include "support/files.h"

namespace {

using namespace tdc;

const std::string kExample = std::string(TDC_SOURCE_DIR) + "/examples/cct/";

bool never() {
  return false;
}

/// The value, or the end of the program with what is wrong.
template <typename T>
T value_of(Result<T> result) {
  for (const std::string& message : result.failure().messages) fmt::print(stderr, "{}\n", message);
  if (!result.ok()) std::exit(2);
  return std::move(result.value());
}

/// Seconds on the clock.
double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Seconds of processor time of this process, or of its children that have ended.
double processor_time(int who) {
  rusage usage = {};
  getrusage(who, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Seconds {
  double best_wall = std::numeric_limits<double>::infinity();
  double processor = std::numeric_limits<double>::infinity();
};

driver::Compilation compile(const std::string& train, driver::DefaultDeploy deploy) {
  SourceFiles files;
  Diagnostics diagnostics;
  driver::Dump no_dump;
  const FileId file = files.add("cct.td", value_of(read_file(kExample + "cct.td")));
  const std::string weights = kExample + "pretrained.safetensors";
  return driver::compile(files, file, {.train = train, .weights = weights}, deploy, diagnostics,
                         no_dump)
      .value();
}

/// From the text to the folder of C.
Seconds measure_compiling() {
  const runner::TemporaryFolder folder = value_of(runner::TemporaryFolder::make());
  Seconds best;
  for (int i = 0; i < 10; ++i) {
    const double wall = now();
    const double processor = processor_time(RUSAGE_SELF);
    const driver::Compilation c = compile("ft2", driver::DefaultDeploy::first_of_file);
    value_of(write_output_folder(folder.path(), c.files));
    best.best_wall = std::min(best.best_wall, now() - wall);
    best.processor = std::min(best.processor, processor_time(RUSAGE_SELF) - processor);
  }
  return best;
}

/// The best time of a step as the host sees it, and the mean processor time of the device's program
/// for a step: that of a run of `steps` steps more, without those.
Seconds measure_step(const std::string& train, runner::Target target, driver::DefaultDeploy deploy,
                     int steps) {
  const driver::Compilation c = compile(train, deploy);
  const runner::TemporaryFolder folder = value_of(runner::TemporaryFolder::make());
  value_of(write_output_folder(folder.path(), c.files));
  const std::vector<std::string> command = value_of(runner::build(
      folder.path(), c.program.prefix,
      {.target = target, .chip_platform = c.program.deployment.chip.platform}, never));
  const io::DataSource data = {.kind = "npz", .paths = {kExample + "shifted_train.npz"}};
  const runner::Samples samples = value_of(runner::Samples::make(
      value_of(io::load_data(data, io::DataPart::kTrain)),
      runner::fields_of(c.interface, /*with_targets=*/true), io::to_text(data)));
  Seconds result;
  const auto run = [&](int count) {
    const double before = processor_time(RUSAGE_CHILDREN);
    runner::Client client = value_of(
        runner::Client::start(command, emit::runner_sizes(c.interface, c.schedule), never));
    for (int64_t i = 0; i < count; ++i) {
      const double begin = now();
      value_of(client.train_step(samples.gather(std::vector<int64_t>{i})));
      result.best_wall = std::min(result.best_wall, now() - begin);
    }
    value_of(client.stop());
    return processor_time(RUSAGE_CHILDREN) - before;
  };
  const double one = run(1);
  result.processor = (run(1 + steps) - one) / steps;
  return result;
}

bool print(const char* what, const Seconds& seconds, double limit) {
  fmt::print("{:<44} {:>8.1f} ms {:>8.1f} ms {:>8.0f} ms\n", what, 1e3 * seconds.best_wall,
             1e3 * seconds.processor, 1e3 * limit);
  return seconds.processor < limit;
}

}  // namespace

int main() {
  fmt::print("{:<44} {:>11} {:>11} {:>11}\n", "", "best wall", "processor", "limit");
  bool is_fast = print("compiling `ft2` for the chip", measure_compiling(), 2);
  is_fast &=
      print("a step of `ft2`, host, one thread",
            measure_step("ft2", runner::Target::host, driver::DefaultDeploy::host, 50), 0.040);
  is_fast &= print(
      "a step of `adapt`, qemu-riscv32",
      measure_step("adapt", runner::Target::qemu, driver::DefaultDeploy::first_of_file, 5), 2);
  return is_fast ? 0 : 1;
}
