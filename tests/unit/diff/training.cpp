#include "unit/diff/training.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <random>
#include <regex>

#include "diag/render.h"
#include "driver/pipeline.h"
#include "emit/emit_runner.h"
#include "io/load.h"
#include "runner/build.h"
#include "runner/client.h"
#include "runner/samples.h"
#include "support/files.h"
#include "unit/patience.h"
#include "unit/temporary_folder.h"
#include "unit/threads.h"

namespace tdc::test {

double norm(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

std::vector<double> difference(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  std::vector<double> result(a.size());
  for (size_t i = 0; i < a.size(); ++i) result[i] = a[i] - b[i];
  return result;
}

std::vector<io::Array> read_arrays(const std::string& path) {
  Result<io::ArrayFile> file = io::load_weights(std::string(TDC_SOURCE_DIR) + "/" + path);
  REQUIRE_MESSAGE(file.ok(), path);
  return std::move(file.value().arrays);
}

std::vector<double> elements_of(const io::Array& array) {
  return io::to_f64(array);
}

std::string with_rate_of_one(const std::string& path) {
  const Result<std::string> text = read_file(std::string(TDC_SOURCE_DIR) + "/" + path);
  REQUIRE_MESSAGE(text.ok(), path);
  const std::string with_rate =
      std::regex_replace(text.value(), std::regex(R"(sgd\(lr: [0-9.]+\))"), "sgd(lr: 1.0)");
  return std::regex_replace(with_rate, std::regex(R"(\n  schedule [^\n]*)"), "");
}

void check_updates(const Tensors& updates, const Tensors& expected) {
  REQUIRE(!expected.empty());
  double largest = 0;
  for (const auto& [path, update] : expected) largest = std::max(largest, norm(update));
  CHECK(largest > 0);
  CHECK(updates.size() == expected.size());
  for (const auto& [path, update] : expected) {
    CAPTURE(path);
    const auto found = updates.find(path);
    REQUIRE(found != updates.end());
    CHECK(norm(difference(found->second, update)) <= 1e-4 * norm(update) + 1e-7 * largest);
  }
}

struct Training::State {
  std::optional<driver::Compilation> compilation;
  std::optional<runner::Samples> samples;
  Tensors weights;
  TemporaryFolder folder;
  /// The program on this machine, and the same on a team of threads, which must give the same bits.
  std::optional<runner::Client> client, on_threads;
  uint64_t seed = next_seed();  ///< of the threads

  [[nodiscard]] const check::Training& training() const { return *compilation->program.training; }
  [[nodiscard]] const ir::Module& module() const { return compilation->module; }

  /// The samples of micro-batch `number` of the update that starts at `first`.
  [[nodiscard]] std::vector<std::byte> micro_batch(int64_t first, int64_t number) const {
    std::vector<int64_t> indices;
    for (int64_t i = 0; i < training().batch; ++i)
      indices.push_back((first + number * training().batch + i) % samples->count());
    return samples->gather(indices);
  }

  void build() {
    const driver::Compilation& c = *compilation;
    REQUIRE(write_output_folder(folder / "c", c.files).ok());
    const auto built = runner::build(folder / "c", c.program.prefix, {}, patience());
    REQUIRE(built.ok());
    start(client, built.value());
    start(on_threads, project_on_threads(built.value().back(), seed));
  }

  void start(std::optional<runner::Client>& to, const std::vector<std::string>& command) const {
    const driver::Compilation& c = *compilation;
    auto started =
        runner::Client::start(command, emit::runner_sizes(c.interface, c.schedule), patience());
    REQUIRE(started.ok());
    to.emplace(std::move(started.value()));
  }

  /// Calls `function(path, place in the generated table, is trained)` for each parameter.
  template <typename Function>
  void for_each_parameter(Function function) const {
    int64_t place = 0;
    for (const ir::Variable& variable : compilation->schedule.variables) {
      if (variable.kind == ir::VariableKind::accumulator) continue;
      if (variable.kind == ir::VariableKind::parameter)
        function(variable.path, place, variable.is_trained);
      ++place;
    }
  }

  /// What a graph is run on: `bytes` are its samples and targets, in this order.
  [[nodiscard]] graph::InterpreterInputs inputs_of(
      const ir::Graph& graph, std::span<const std::byte> bytes,
      const std::map<ir::VariableId, ops::Tensor>& variables) const {
    graph::InterpreterInputs inputs;
    for (const ir::Input& input : graph.inputs) {
      ops::Tensor tensor(graph.type(input.value));
      if (input.kind == ir::InputKind::learning_rate) {
        tensor.data = {1.0};
      } else if (input.kind == ir::InputKind::inverse_count) {
        tensor.data = {1.0 / static_cast<double>(training().batch * training().accumulate)};
      } else {
        for (double& element : tensor.data) {
          float real = 0;
          int32_t whole = 0;
          std::memcpy(&real, bytes.data(), sizeof real);
          std::memcpy(&whole, bytes.data(), sizeof whole);
          element = tensor.type.dtype == ir::DType::f32 ? static_cast<double>(real) : whole;
          bytes = bytes.subspan(sizeof real);
        }
      }
      inputs.arguments.emplace(input.name, std::move(tensor));
    }
    for (const ir::Read& read : graph.reads)
      inputs.variables.emplace(read.variable, variables.at(read.variable));
    return inputs;
  }

  /// The weights, and zeros for accumulators.
  [[nodiscard]] std::map<ir::VariableId, ops::Tensor> variables() const {
    std::map<ir::VariableId, ops::Tensor> result;
    for (const ir::VariableId id : module().variables.ids()) {
      const ir::Variable& variable = module().variables[id];
      const auto weight = weights.find(variable.path);
      result.emplace(id, variable.kind == ir::VariableKind::parameter
                             ? ops::Tensor(variable.type, weight->second)
                             : ops::Tensor(variable.type));
    }
    return result;
  }
};

Training::Training(const std::string& text, const std::string& train,
                   const std::vector<io::Array>& weights, std::vector<io::Array> data)
    : state_(std::make_unique<State>()) {
  const std::string weights_file = state_->folder / "weights.npz";
  REQUIRE(io::save_weights(weights_file, weights).ok());
  SourceFiles sources;
  Diagnostics diagnostics;
  driver::Dump no_dump;
  const FileId file = sources.add("test.td", text);
  state_->compilation = driver::compile(sources, file, {.train = train, .weights = weights_file},
                                        driver::DefaultDeploy::host, diagnostics, no_dump);
  REQUIRE_MESSAGE(state_->compilation.has_value(), render(diagnostics, sources));
  for (const io::Array& array : weights) state_->weights[array.name] = elements_of(array);
  auto samples = runner::Samples::make(
      {.arrays = std::move(data), .unread = {}},
      runner::fields_of(state_->compilation->interface, /*with_targets=*/true), "data");
  REQUIRE(samples.ok());
  state_->samples = std::move(samples.value());
}

Training::~Training() = default;

const driver::Compilation& Training::compilation() const {
  return *state_->compilation;
}

std::vector<std::string> Training::trained_paths() const {
  std::vector<std::string> paths;
  for (const ir::Variable& variable : state_->module().variables)
    if (variable.is_trained) paths.push_back(variable.path);
  return paths;
}

const Tensors& Training::weights() const {
  return state_->weights;
}

void Training::set_weights(const std::string& path, const std::vector<double>& elements) {
  std::vector<double>& weights = state_->weights.at(path);
  REQUIRE(weights.size() == elements.size());
  weights = elements;
}

Step Training::step_of_c(int64_t first) {
  if (!state_->client) state_->build();
  const Step step = step_of(*state_->client, first);
  const Step on_threads = step_of(*state_->on_threads, first);
  CAPTURE(state_->seed);
  CHECK(step.loss == on_threads.loss);
  CHECK(step.updates == on_threads.updates);
  return step;
}

Step Training::step_of(runner::Client& client, int64_t first) const {
  const State& state = *state_;
  state.for_each_parameter([&](const std::string& path, int64_t place, bool is_trained) {
    if (!is_trained) return;
    const std::vector<double>& weights = state.weights.at(path);
    const std::vector<float> rounded(weights.begin(), weights.end());
    REQUIRE(client.write_variable(place, rounded).ok());
  });
  Step step;
  for (int64_t i = 0; i < state.training().accumulate; ++i) {
    const Result<float> loss = client.train_step(state.micro_batch(first, i));
    REQUIRE(loss.ok());
    step.loss +=
        static_cast<double>(loss.value()) / static_cast<double>(state.training().accumulate);
  }
  state.for_each_parameter([&](const std::string& path, int64_t place, bool is_trained) {
    const Result<std::vector<float>> read = client.read_variable(place);
    REQUIRE(read.ok());
    const std::vector<double> after(read.value().begin(), read.value().end());
    const std::vector<double> moved = difference(after, state.weights.at(path));
    if (is_trained)
      step.updates[path] = moved;
    else
      CHECK_MESSAGE(norm(moved) == 0, path, " is frozen and has moved");
  });
  return step;
}

Step Training::step_of_interpreter(int64_t first) const {
  const State& state = *state_;
  std::map<ir::VariableId, ops::Tensor> variables = state.variables();
  Step step;
  const auto run = [&](ir::GraphKind kind, std::span<const std::byte> bytes) {
    const ir::Graph& graph = *state.module().find_graph(kind);
    graph::InterpreterResults results =
        graph::interpret(graph, state.inputs_of(graph, bytes, variables));
    for (auto& [id, tensor] : results.written) variables[id] = std::move(tensor);
    return results;
  };
  for (int64_t i = 0; i < state.training().accumulate; ++i)
    step.loss +=
        run(ir::GraphKind::train_step, state.micro_batch(first, i)).outputs.at("loss").data.at(0) /
        static_cast<double>(state.training().accumulate);
  if (state.training().accumulate > 1) run(ir::GraphKind::apply, {});
  for (const auto& [id, tensor] : variables) {
    const ir::Variable& variable = state.module().variables[id];
    if (variable.is_trained)
      step.updates[variable.path] = difference(tensor.data, state.weights.at(variable.path));
  }
  return step;
}

double Training::loss_of_interpreter(int64_t sample, const std::string& path, size_t element,
                                     double by) const {
  const State& state = *state_;
  std::map<ir::VariableId, ops::Tensor> variables = state.variables();
  for (auto& [id, tensor] : variables)
    if (state.module().variables[id].path == path) tensor.data.at(element) += by;
  const ir::Graph& graph = *state.module().find_graph(ir::GraphKind::eval);
  const std::vector<std::byte> bytes = state.samples->gather(std::vector<int64_t>{sample});
  return graph::interpret(graph, state.inputs_of(graph, bytes, variables))
      .outputs.at("loss")
      .data.at(0);
}

void check_differences(const Training& training, int64_t samples, size_t elements) {
  constexpr double kMove = 1e-5;  // truncation of order 1e-10, rounding of order 1e-11
  const Step step = training.step_of_interpreter(0);
  double largest = 0;
  for (const auto& [path, update] : step.updates)
    for (const double element : update) largest = std::max(largest, std::abs(element));
  std::mt19937_64 random(1);
  for (const std::string& path : training.trained_paths()) {
    const std::vector<double>& update = step.updates.at(path);
    for (size_t i = 0; i < std::min(elements, update.size()); ++i) {
      const size_t element = std::uniform_int_distribution<size_t>(0, update.size() - 1)(random);
      CAPTURE(path);
      CAPTURE(element);
      double slope = 0;
      for (int64_t sample = 0; sample < samples; ++sample)
        slope += (training.loss_of_interpreter(sample, path, element, kMove) -
                  training.loss_of_interpreter(sample, path, element, -kMove)) /
                 (2 * kMove * static_cast<double>(samples));
      CHECK(std::abs(-update[element] - slope) <= 1e-5 * std::abs(slope) + 1e-8 * largest);
    }
  }
}

}  // namespace tdc::test
