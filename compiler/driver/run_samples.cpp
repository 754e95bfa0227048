#include "driver/run_samples.h"

#include <algorithm>
#include <cmath>

#include "driver/run_training.h"
#include "support/check.h"

namespace tdc::driver {
namespace {

std::vector<std::byte> sample(const RunContext& run, int64_t index) {
  return run.inputs.samples.gather(std::vector<int64_t>{index});
}

/// What went wrong, with the sample if the model refuses it.
Failure failure_at(const RunContext& run, const runner::Client& client, int64_t index,
                   const Failure& failure) {
  if (!client.has_refused()) return failure;
  return at_samples(failure, std::vector<int64_t>{index}, run.inputs.data);
}

/// Arrays without elements yet for the results of `infer`.
std::vector<io::Array> result_arrays(const RunContext& run, int64_t count) {
  const schedule::EntryPoint& entry_point =
      *schedule::find_entry_point(run.compilation.schedule, ir::GraphKind::infer);
  const ir::Graph* graph = run.program().module.find_graph(ir::GraphKind::sample);
  std::vector<io::Array> results;
  for (const schedule::Argument& argument : entry_point.arguments) {
    if (!argument.is_output) continue;
    const auto output =
        std::find_if(graph->outputs.begin(), graph->outputs.end(),
                     [&](const ir::Output& each) { return each.name == argument.name; });
    TDC_CHECK(output != graph->outputs.end(), "no result is called `{}`", argument.name);
    const ir::TensorType& type = graph->type(output->value);
    std::vector<int64_t> dims = {count};
    dims.insert(dims.end(), type.dims.begin(), type.dims.end());
    results.push_back(
        {.name = argument.name,
         .type = type.dtype == ir::DType::f32 ? io::ElementType::kF32 : io::ElementType::kI32,
         .dims = std::move(dims),
         .data = {}});
  }
  return results;
}

}  // namespace

Result<MeanEvaluation> evaluate_samples(const RunContext& run, int64_t count,
                                        runner::Client& client, RunProgress& progress) {
  const schedule::EntryPoint& entry_point =
      *schedule::find_entry_point(run.compilation.schedule, ir::GraphKind::eval);
  MeanEvaluation evaluation = {.names = {"loss"}, .means = {}};
  std::vector<bool> divides = {false};  // of each of `sums`: the one before it
  for (const schedule::Argument& argument : entry_point.arguments) {
    if (!argument.is_output || !ir::is_in_metrics(argument.output_kind)) continue;
    divides.push_back(argument.output_kind == ir::OutputKind::divisor);
    if (!divides.back()) evaluation.names.push_back(argument.name);
  }
  std::vector<double> sums(divides.size(), 0.0);
  int64_t evaluated = 0;
  progress.begin(count);
  for (int64_t i = 0; i < count; ++i) {
    if (run.interrupts.count() > 0) return fail("interrupted");
    const Result<runner::Evaluation> result = client.eval(sample(run, i));
    if (!result.ok()) return failure_at(run, client, i, result.failure());
    ++evaluated;
    sums[0] += result.value().loss;
    for (size_t metric = 0; metric < result.value().metrics.size(); ++metric)
      sums[metric + 1] += result.value().metrics[metric];
    progress.end_step(result.value().loss, i + 1);
    if (std::isfinite(result.value().loss)) continue;
    if (!evaluation.non_finite) evaluation.non_finite = i;
    if (!run.command.keep_going) break;
  }
  progress.finish();
  for (size_t i = 0; i < sums.size(); ++i) {
    if (!divides[i]) {
      evaluation.means.push_back(sums[i] / static_cast<double>(evaluated));
    } else {
      const double quotient = sums[i - 1] / sums[i];
      // The sign of 0 / 0 is the machine's.
      evaluation.means.back() = std::isnan(quotient) ? std::abs(quotient) : quotient;
    }
  }
  return evaluation;
}

Result<std::vector<io::Array>> infer_samples(const RunContext& run, int64_t count,
                                             runner::Client& client, RunProgress& progress) {
  std::vector<io::Array> results = result_arrays(run, count);
  progress.begin(count);
  for (int64_t i = 0; i < count; ++i) {
    if (run.interrupts.count() > 0) return fail("interrupted");
    const Result<std::vector<std::byte>> bytes = client.infer(sample(run, i));
    if (!bytes.ok()) return failure_at(run, client, i, bytes.failure());
    auto from = bytes.value().begin();
    for (io::Array& array : results) {
      const auto length = ir::element_count(ir::Dims(array.dims.begin() + 1, array.dims.end())) *
                          io::element_bytes(array.type);
      array.data.insert(array.data.end(), from, from + length);
      from += length;
    }
    progress.end_step(std::nullopt, i + 1);
  }
  progress.finish();
  return results;
}

}  // namespace tdc::driver
