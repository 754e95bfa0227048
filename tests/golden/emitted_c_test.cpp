// The C whose text is golden/stages/tiny.c, built by both compilers with warnings as errors and
// run: its losses, results and variables against the interpreter, which runs the entry points of
// the same program in double precision. All builds must give the same bits, the one without an
// instruction for fused multiply-adds too, and on teams of threads.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "driver/pipeline.h"
#include "emit/emit_runner.h"
#include "graph/interpret.h"
#include "runner/client.h"
#include "support/files.h"
#include "unit/patience.h"
#include "unit/temporary_folder.h"
#include "unit/threads.h"

namespace tdc {
namespace {

using ops::Tensor;

constexpr int64_t kBatch = 2, kAccumulate = 3, kInputs = 3, kResults = 2;
constexpr int kMicroBatches = 4;  // one whole group, and one that is flushed

driver::Compilation compile_tiny() {
  SourceFiles files;
  Result<std::string> text =
      read_file(std::string(TDC_SOURCE_DIR) + "/tests/golden/stages/tiny.td");
  REQUIRE(text.ok());
  const FileId file = files.add("tiny.td", std::move(text.value()));
  Diagnostics diagnostics;
  driver::Dump none;
  std::optional<driver::Compilation> result =
      driver::compile(files, file, {}, driver::DefaultDeploy::host, diagnostics, none);
  REQUIRE(result.has_value());
  return *std::move(result);
}

/// Numbers that are no pattern, exact in f32.
std::vector<float> numbers(int64_t count, int seed) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(static_cast<float>((i * i * 7 + seed * 13 + i * 5) % 17 - 8) / 8);
  return values;
}

std::vector<float> samples(int seed, int64_t count) {
  return numbers(count * kInputs, seed);
}
std::vector<float> targets(int seed, int64_t count) {
  return numbers(count * kResults, seed + 100);
}

/// All that a program says: losses of its micro-batches, trained weights, the loss and the results
/// of a sample afterwards.
using Answers = std::vector<double>;

Answers interpret_tiny(const driver::Compilation& compilation) {
  const ir::Module& module = compilation.module;
  std::map<ir::VariableId, Tensor> state;
  for (const ir::VariableId id : module.variables.ids()) {
    state[id] = Tensor(module.variables[id].type);
    std::ranges::copy(compilation.initial_values[id], state[id].data.begin());
  }
  const auto tensor = [](ir::Dims dims, const std::vector<float>& values) {
    return Tensor({.dims = std::move(dims)}, {values.begin(), values.end()});
  };
  const auto run = [&](ir::GraphKind graph, std::map<std::string, Tensor> arguments) {
    graph::InterpreterResults results = graph::interpret(
        *module.find_graph(graph), {.arguments = std::move(arguments), .variables = state});
    for (const auto& [variable, value] : results.written) state[variable] = value;
    return std::move(results.outputs);
  };
  const double rate = compilation.program.training->optimizer.learning_rate;
  const auto apply = [&](int64_t micro_batches) {
    run(ir::GraphKind::apply,
        {{"learning rate", Tensor({}, {rate})},
         {"inverse count", Tensor({}, {1.0 / static_cast<double>(micro_batches * kBatch)})}});
  };
  Answers answers;
  for (int i = 0; i < kMicroBatches; ++i) {
    answers.push_back(
        run(ir::GraphKind::train_step, {{"x", tensor({kBatch, kInputs}, samples(i, kBatch))},
                                        {"t", tensor({kBatch, kResults}, targets(i, kBatch))}})
            .at("loss")
            .data.at(0));
    if (i + 1 == kAccumulate) apply(kAccumulate);
  }
  apply(kMicroBatches - kAccumulate);
  for (const ir::VariableId id : module.variables.ids())
    if (module.variables[id].kind == ir::VariableKind::parameter)
      answers.insert(answers.end(), state[id].data.begin(), state[id].data.end());
  const Tensor x = tensor({1, kInputs}, samples(9, 1));
  answers.push_back(
      run(ir::GraphKind::eval, {{"x", x}, {"t", tensor({1, kResults}, targets(9, 1))}})
          .at("loss")
          .data.at(0));
  const std::vector<double> results = run(ir::GraphKind::infer, {{"x", x}}).at("y").data;
  answers.insert(answers.end(), results.begin(), results.end());
  return answers;
}

template <typename T>
T value_of(Result<T> result) {
  REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.failure().messages.front()));
  return std::move(result.value());
}

Answers run_tiny(const driver::Compilation& compilation, const std::vector<std::string>& command) {
  runner::Client client = value_of(runner::Client::start(
      command, emit::runner_sizes(compilation.interface, compilation.schedule), patience()));
  const auto message = [](std::vector<float> first, const std::vector<float>& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
  };
  Answers answers;
  for (int i = 0; i < kMicroBatches; ++i) {
    const std::vector<float> input = message(samples(i, kBatch), targets(i, kBatch));
    answers.push_back(value_of(client.train_step(std::as_bytes(std::span(input)))));
  }
  value_of(client.flush());
  for (int64_t index = 0; index < 3; ++index) {
    const std::vector<float> elements = value_of(client.read_variable(index));
    answers.insert(answers.end(), elements.begin(), elements.end());
  }
  const std::vector<float> input = message(samples(9, 1), targets(9, 1));
  answers.push_back(value_of(client.eval(std::as_bytes(std::span(input)))).loss);
  const std::vector<std::byte> results =
      value_of(client.infer(std::as_bytes(std::span(input)).first(kInputs * sizeof(float))));
  for (size_t i = 0; i < results.size(); i += sizeof(float)) {
    float value = 0;
    std::memcpy(&value, &results[i], sizeof value);
    answers.push_back(value);
  }
  value_of(client.stop());
  return answers;
}

TEST_CASE("golden: the C of a small program, built and run, computes what the interpreter does") {
  const driver::Compilation compilation = compile_tiny();
  const Answers expected = interpret_tiny(compilation);
  const TemporaryFolder folder;
  REQUIRE(write_output_folder(folder / "tiny", compilation.files).ok());
  Answers first;
  for (const auto& [compiler, flags] : std::vector<std::pair<std::string, std::string>>{
           {"gcc", ""}, {"clang-19", ""}, {"gcc", "-DTD_SOFT_FMAF"}}) {
    CAPTURE(compiler);
    CAPTURE(flags);
    const std::string out = "build/" + compiler + flags;
    const runner::Exit built =
        value_of(runner::run_to_end({"env", "CFLAGS=" + flags, "make", "--silent", "-C",
                                     folder / "tiny", "CC=" + compiler, "OUT=" + out},
                                    patience()));
    REQUIRE_MESSAGE(built.is_success(), built.errors);
    const std::string program = folder / ("tiny/" + out + "/tiny");
    const Answers answers = run_tiny(compilation, {program});
    REQUIRE(answers.size() == expected.size());
    for (size_t i = 0; i < answers.size(); ++i)
      CHECK(answers[i] == doctest::Approx(expected[i]).epsilon(1e-6).scale(0.1));
    if (first.empty()) first = answers;
    CHECK(answers == first);
    const uint64_t seed = test::next_seed();
    CAPTURE(seed);
    CHECK(run_tiny(compilation, test::project_on_threads(program, seed)) == first);
  }
  // Training did something.
  CHECK(std::abs(expected[0] - expected[kMicroBatches - 1]) > 1e-3);
}

}  // namespace
}  // namespace tdc
