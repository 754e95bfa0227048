#include "driver/gradient_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string_view>

#include "autodiff/batch.h"
#include "autodiff/differentiate.h"
#include "autodiff/entry_points.h"
#include "driver/initial_values.h"
#include "driver/pipeline.h"
#include "driver/session.h"
#include "graph/rewrite.h"
#include "ir/initialize.h"
#include "ops/builder.h"
#include "support/check.h"

namespace tdc::driver {
namespace {

/// Samples at a time, if the `train` block takes as many.
constexpr int64_t kMostSamples = 4;

/// Steps of differences, along directions of length 1.
constexpr std::array kSteps = {1e-4, 1.25e-5, 1.5625e-6};

/// Relative to the largest derivative of the tensor; what rounding leaves is relative to the loss.
constexpr double kTolerance = 1e-6;
constexpr double kRounding = 1e-9;

/// A stream of random numbers of its own for each purpose, the same on every machine.
class Random {
 public:
  Random(uint64_t seed, std::string_view purpose) : seed_(seed), purpose_(purpose) {}
  /// Of [-1, 1).
  double number() { return static_cast<double>(bits() >> 11) * 0x1p-52 - 1; }
  size_t below(size_t count) { return static_cast<size_t>(bits() % count); }

 private:
  uint64_t bits() { return ir::random_bits(seed_, purpose_, next_++); }

  uint64_t seed_;
  std::string_view purpose_;
  uint64_t next_ = 0;
};

double sum_of(const ops::Tensor& tensor) {
  return std::accumulate(tensor.data.begin(), tensor.data.end(), 0.0);
}

class GradientCheck {
 public:
  GradientCheck(const ir::Module& module, ir::Graph graph, graph::InterpreterInputs at,
                int64_t points, uint64_t seed)
      : module_(module),
        graph_(std::move(graph)),
        at_(std::move(at)),
        points_(points),
        random_(seed, "points of gradcheck") {}

  std::optional<std::vector<CheckedGradient>> run(Diagnostics& diagnostics) {
    ir::Graph backward = graph_;
    const ir::ValueId loss = backward.outputs.back().value;
    const std::optional<autodiff::Gradients> gradients =
        autodiff::differentiate(module_, backward, loss, diagnostics);
    if (!gradients) return std::nullopt;
    const graph::InterpreterResults results = graph::interpret(backward, at_);
    loss_ = sum_of(results.values[loss]);
    std::vector<CheckedGradient> found;
    for (const auto& [variable, gradient] : gradients->of_variable)
      found.push_back(check(variable, results.values[gradient].data));
    return found;
  }

 private:
  using Vector = std::vector<double>;

  CheckedGradient check(ir::VariableId variable, const Vector& gradient) {
    CheckedGradient result = {.path = module_.variables[variable].path};
    std::vector<Compared> all;
    for (const Vector& direction : directions(gradient))
      all.push_back(compare(variable, direction, gradient));
    for (const Compared& each : all) result.scale = std::max(result.scale, std::abs(each.slope));
    const double rounding = kRounding * std::max(1.0, std::abs(loss_));
    const double allowed = kTolerance * result.scale + rounding;
    for (const Compared& each : all) {
      // Written so that NaN is an error.
      const bool is_near = each.error <= allowed;
      if (has_kink(each, allowed)) {
        ++result.kinks;
        continue;
      }
      ++result.points;
      result.error = std::max(result.error, each.error / (allowed / kTolerance));
      if (!is_near) result.is_right = false;
    }
    return result;
  }

  /// One of length 1 among all elements, then single elements.
  std::vector<Vector> directions(const Vector& gradient) {
    Vector all(gradient.size());
    double length = 0;
    for (double& element : all) {
      element = random_.number();
      length += element * element;
    }
    for (double& element : all) element /= std::sqrt(length);
    std::vector<Vector> result = {std::move(all)};
    if (gradient.size() == 1) return result;
    const auto add_element = [&](size_t element) {
      Vector single(gradient.size(), 0.0);
      single[element] = 1;
      result.push_back(std::move(single));
    };
    if (points_ > 1)
      add_element(static_cast<size_t>(
          std::max_element(gradient.begin(), gradient.end(),
                           [](double a, double b) { return std::abs(a) < std::abs(b); }) -
          gradient.begin()));
    while (std::ssize(result) < points_) add_element(random_.below(gradient.size()));
    return result;
  }

  struct Compared {
    double slope = 0;  ///< of the loss, as near to the gradient as one of the steps gives it
    double error = 0;
    size_t steps = 0;                              ///< that were taken
    std::array<double, kSteps.size()> bends = {};  ///< between both sides, for each of them
  };

  Compared compare(ir::VariableId variable, const Vector& direction, const Vector& gradient) {
    double derivative = 0;
    for (size_t i = 0; i < gradient.size(); ++i) derivative += gradient[i] * direction[i];
    Compared result = {.error = INFINITY};
    for (size_t i = 0; i < kSteps.size(); ++i) {
      const double above = moved_loss(variable, direction, kSteps[i]);
      const double below = moved_loss(variable, direction, -kSteps[i]);
      const double slope = (above - below) / (2 * kSteps[i]);
      result.bends[i] = std::abs(above - 2 * loss_ + below) / kSteps[i];
      if (const double error = std::abs(slope - derivative); error < result.error) {
        result.error = error;
        result.slope = slope;
      }
      result.steps = i + 1;
      // Two of them tell a kink, also where the gradient is the mean of the slopes to both sides.
      if (i > 0 && result.error <= kTolerance * std::abs(slope)) break;
    }
    return result;
  }

  /// Where the loss is smooth, a bend is in proportion to the step.
  static bool has_kink(const Compared& compared, double allowed) {
    for (size_t i = 1; i < compared.steps; ++i)
      if (compared.bends[i] > allowed &&
          compared.bends[i] > 2 * compared.bends[i - 1] * kSteps[i] / kSteps[i - 1])
        return true;
    return false;
  }

  double moved_loss(ir::VariableId variable, const Vector& direction, double by) {
    Vector& elements = at_.variables.at(variable).data;
    const Vector before = elements;
    for (size_t i = 0; i < elements.size(); ++i) elements[i] += by * direction[i];
    const graph::InterpreterResults results = graph::interpret(graph_, at_);
    elements = before;
    return sum_of(results.values[graph_.outputs.back().value]);
  }

  const ir::Module& module_;
  ir::Graph graph_;
  graph::InterpreterInputs at_;
  int64_t points_;
  Random random_;
  double loss_ = 0;
};

/// Inputs at random, and variables as a run starts with them.
graph::InterpreterInputs random_inputs(const ir::Module& module, const ir::Graph& graph,
                                       const emit::InitialValues& initial, Random& random) {
  graph::InterpreterInputs inputs;
  for (const ir::Input& input : graph.inputs) {
    ops::Tensor tensor(graph.type(input.value));
    for (double& element : tensor.data) {
      if (tensor.type.dtype == ir::DType::f32)
        element = random.number();
      else if (input.classes > 0)
        element = static_cast<double>(random.below(static_cast<size_t>(input.classes)));
    }
    inputs.arguments.emplace(input.name, std::move(tensor));
  }
  for (const ir::Read& read : graph.reads) {
    const std::vector<float>& elements = initial[read.variable];
    ops::Tensor tensor(graph.type(read.value), {elements.begin(), elements.end()});
    // A matrix of zeros hides what is in front of it.
    const bool is_constant =
        std::adjacent_find(elements.begin(), elements.end(),
                           [](float a, float b) { return a != b; }) == elements.end();
    if (module.variables[read.variable].is_trained && is_constant)
      for (double& element : tensor.data) element += 0.3 * random.number();
    inputs.variables.emplace(read.variable, std::move(tensor));
  }
  return inputs;
}

}  // namespace

ir::Graph weighted_loss(const ir::Module& module, const ir::Graph& sample, int64_t batch) {
  ir::Graph graph = autodiff::batch_graph(module, sample, batch, /*is_training=*/true);
  std::erase_if(graph.outputs,
                [](const ir::Output& output) { return output.kind != ir::OutputKind::loss; });
  TDC_CHECK(graph.outputs.size() == 1, "{} losses", graph.outputs.size());
  graph.writes.clear();
  ops::Builder builder(graph);
  builder.set_phase(ir::Phase::loss);
  const ir::ValueId loss = graph.outputs[0].value;
  const ir::ValueId cotangent =
      builder.add_input(std::string(kCotangent), ir::InputKind::target, builder.type(loss), true);
  graph.outputs[0].value = builder.emit("mul", {loss, cotangent});
  graph::remove_dead(graph);
  return graph;
}

std::optional<std::vector<CheckedGradient>> check_gradients(const ir::Module& module,
                                                            ir::Graph graph,
                                                            const graph::InterpreterInputs& at,
                                                            int64_t points, uint64_t seed,
                                                            Diagnostics& diagnostics) {
  return GradientCheck(module, std::move(graph), at, points, seed).run(diagnostics);
}

std::string gradients_text(std::vector<CheckedGradient> gradients) {
  std::ranges::stable_sort(gradients, [](const CheckedGradient& a, const CheckedGradient& b) {
    return a.is_right != b.is_right ? !a.is_right : a.error > b.error;
  });
  std::string text = "relative error  derivatives  kinks  tensor\n";
  int64_t wrong = 0, points = 0, kinks = 0;
  for (const CheckedGradient& each : gradients) {
    text += fmt::format("{:14.1e}  {:11}  {:5}  {}{}\n", each.error, each.points, each.kinks,
                        each.path, each.is_right ? "" : "  WRONG");
    if (!each.is_right) ++wrong;
    points += each.points;
    kinks += each.kinks;
  }
  text += fmt::format("\n{} of {} tensors have another gradient than central differences", wrong,
                      gradients.size());
  return text + fmt::format(" ({} derivatives compared, {} at kinks left out)\n", points, kinks);
}

std::optional<std::vector<CheckedGradient>> check_file_gradients(SourceFiles& files, FileId file,
                                                                 const GradcheckCommand& command,
                                                                 Diagnostics& diagnostics) {
  Dump none;
  const std::optional<check::Program> program =
      check_program(files, file, command.compile, DefaultDeploy::first_of_file, diagnostics, none);
  if (!program) return std::nullopt;
  if (!program->training) {
    print_error(fmt::format("tdc: {} has no `train` block, so there are no gradients\n",
                            command.compile.file));
    return std::nullopt;
  }
  // What a training step would be refused for is reported there.
  if (!autodiff::make_entry_points(*program, diagnostics)) return std::nullopt;
  const ir::Module& module = program->module;
  const std::optional<emit::InitialValues> initial = make_initial_values(
      module.variables, *program, command.compile, files.name(file), diagnostics);
  if (!initial) return std::nullopt;
  set_fault_context("gradcheck");
  const ir::Graph graph = weighted_loss(module, *module.find_graph(ir::GraphKind::sample),
                                        std::min(program->training->batch, kMostSamples));
  const uint64_t seed = command.compile.seed.value_or(program->training->seed);
  Random random(seed, "inputs of gradcheck");
  const graph::InterpreterInputs inputs = random_inputs(module, graph, *initial, random);
  return check_gradients(module, graph, inputs, command.points.value_or(kGradcheckPoints), seed,
                         diagnostics);
}

}  // namespace tdc::driver
