// The examples, and the programs of tests/diff, as emitted C on one core and on a team of threads:
// equal bits of all that they say; for a chip without a scratchpad, and for one that has a matrix
// engine, too, whose jobs end, as transfers do, at the start, at the wait, or in between. One
// `train` block of each example in every run, and one of all the others, whose updates
// reference_test.cpp compares; the next ones with the next commit (TDC_TURN).

#include "unit/threads.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "diag/render.h"
#include "driver/pipeline.h"
#include "emit/emit_runner.h"
#include "runner/build.h"
#include "runner/client.h"
#include "support/files.h"
#include "unit/kernels/kernels.h"
#include "unit/own_programs.h"
#include "unit/patience.h"
#include "unit/schedule/schedules.h"
#include "unit/temporary_folder.h"

namespace tdc::test {
namespace {

template <typename T>
T value_of(Result<T> result) {
  REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.failure().messages.front()));
  return std::move(result.value());
}

/// A chip with room for everything, where what is worth it comes to a scratchpad, and products are
/// an engine's.
constexpr std::string_view kChipWithEngine = R"(
chip chip_of_threads {
  cores      3
  platform   "qemu_user"
  memory     NEAR, size: 64 KiB
  memory     FAR, size: 64 MiB
  tensors    FAR
  constants  FAR
  image      FAR
  scratchpad NEAR, transfer: 1, bandwidth: 8, load: 100
  engine     rows: 6, columns: 8, blocks: 8, latency: 4, job: 1, launch: 1
}
deploy on_threads on chip_of_threads {}
)";

driver::Compilation compile(const std::filesystem::path& path, const std::string& train,
                            bool has_engine) {
  SourceFiles files;
  std::string text = value_of(read_file(path.string()));
  if (has_engine) text += kChipWithEngine;
  const FileId file = files.add(path.string(), text);
  Diagnostics diagnostics;
  driver::Dump none;
  std::optional<driver::Compilation> result =
      driver::compile(files, file, {.train = train, .deploy = has_engine ? "on_threads" : ""},
                      driver::DefaultDeploy::host, diagnostics, none);
  REQUIRE_MESSAGE(result.has_value(), render(diagnostics, files));
  return *std::move(result);
}

/// What a function takes of the host: drawn samples and targets, one after another.
std::vector<std::byte> drawn_input(const schedule::Schedule& schedule, const char* function,
                                   uint64_t seed) {
  Random random(seed);
  std::vector<std::byte> bytes;
  for (const schedule::EntryPoint& entry : schedule.entry_points)
    for (const schedule::Argument& argument : entry.arguments) {
      const bool is_sent = argument.input_kind == ir::InputKind::sample ||
                           argument.input_kind == ir::InputKind::target;
      if (entry.name != function || argument.is_output || !is_sent) continue;
      const ir::TensorType& type = schedule.buffers[argument.buffer].type;
      for (int64_t i = 0; i < ir::element_count(type); ++i) {
        std::byte element[4];
        const auto whole =
            static_cast<int32_t>(random.between(0, std::max<int64_t>(argument.classes, 1) - 1));
        const float real = static_cast<float>(random.between(-512, 512)) / 256;
        if (type.dtype == ir::DType::i32)
          std::memcpy(element, &whole, sizeof element);
        else
          std::memcpy(element, &real, sizeof element);
        bytes.insert(bytes.end(), element, element + sizeof element);
      }
    }
  return bytes;
}

/// All that the program says: losses of two updates and one of a group that is not full, results,
/// loss and metrics of a sample, and every variable at the end.
std::vector<std::vector<float>> answers(const driver::Compilation& program,
                                        const std::vector<std::string>& command) {
  const emit::RunnerSizes sizes = emit::runner_sizes(program.interface, program.schedule);
  runner::Client client = value_of(runner::Client::start(command, sizes, patience()));
  std::vector<std::vector<float>> all;
  const auto input = [&](const char* function, int64_t seed) {
    return drawn_input(program.schedule, function, static_cast<uint64_t>(seed));
  };
  for (int64_t i = 0; sizes.train_input_bytes > 0 && i <= 2 * sizes.accumulate; ++i)
    all.push_back({value_of(client.train_step(input("train_step", i)))});
  if (sizes.train_input_bytes > 0) value_of(client.flush());
  if (sizes.eval_input_bytes > 0) {
    const runner::Evaluation evaluation = value_of(client.eval(input("eval", 1000)));
    all.push_back({evaluation.loss});
    all.push_back(evaluation.metrics);
  }
  const std::vector<std::byte> results = value_of(client.infer(input("infer", 2000)));
  all.emplace_back(results.size() / sizeof(float));
  std::memcpy(all.back().data(), results.data(), results.size());
  for (int64_t i = 0; i < sizes.variables; ++i) all.push_back(value_of(client.read_variable(i)));
  value_of(client.stop());
  return all;
}

/// Launches that run in the background.
size_t count_jobs(const schedule::Schedule& schedule) {
  size_t count = 0;
  for (const schedule::EntryPoint& entry : schedule.entry_points)
    for (const schedule::Step& step : entry.steps)
      if (std::holds_alternative<schedule::Launch>(step) && schedule::started_ticket(step)) ++count;
  return count;
}

/// Gives the jobs of the engine's that run beside the cores.
size_t check_program(const std::filesystem::path& path, const std::string& train, bool has_engine) {
  const uint64_t seed = next_seed();
  INFO(path.string(), ", train `", train, "`, seed ", seed, has_engine ? ", with an engine" : "");
  const driver::Compilation program = compile(path, train, has_engine);
  const TemporaryFolder folder;
  value_of(write_output_folder(folder / "c", program.files));
  const std::vector<std::string> command =
      value_of(runner::build(folder / "c", program.program.prefix, {}, patience()));
  const auto expected = answers(program, command);
  const auto found = answers(program, project_on_threads(command.back(), seed));
  REQUIRE(found.size() == expected.size());
  for (size_t i = 0; i < found.size(); ++i) CHECK(kernels::same_bits(found[i], expected[i]));
  return count_jobs(program.schedule);
}

TEST_CASE("the examples have the same bits on a team of threads") {
  size_t jobs = 0;
  size_t example = 0;
  for (const std::filesystem::path& path : programs_in("examples")) {
    const std::vector<std::string> trains = trains_of(value_of(read_file(path.string())));
    // Every other one with an engine, the others with the next commit.
    jobs += check_program(path, trains[turn() % trains.size()], (example++ + turn()) % 2 == 0);
  }
  CHECK(jobs > 0);
}

TEST_CASE("a program that is compared with others has the same bits on a team of threads") {
  std::vector<std::pair<std::filesystem::path, std::string>> pairs;
  for (const std::filesystem::path& path : programs_in("tests/diff"))
    for (const std::string& train : trains_of(value_of(read_file(path.string()))))
      pairs.emplace_back(path, train);
  const auto& [path, train] = pairs[turn() % pairs.size()];
  for (const bool has_engine : {false, true}) check_program(path, train, has_engine);
}

}  // namespace
}  // namespace tdc::test
