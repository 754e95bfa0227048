// Random modules are lowered, planned, validated and run; the results must be those of the IR's
// interpreter, which knows nothing of buffers.

#include "random_modules.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "../memory/arena_painting.h"
#include "graph/interpret.h"
#include "graph/text.h"
#include "memory/plan_memory.h"
#include "memory/run_schedule.h"
#include "memory/validate.h"
#include "schedule/lower.h"
#include "schedule/passes.h"
#include "schedule/text.h"
#include "schedules.h"

namespace tdc::schedule {
namespace {

using test::Random;

std::vector<double> random_values(Random& random, const ir::TensorType& type) {
  std::vector<double> values;
  for (int64_t i = 0; i < ir::element_count(type); ++i)
    values.push_back(static_cast<double>(random.between(-64, 64)) / 128);
  return values;
}

double error_of(const std::vector<float>& found, const ops::Tensor& expected) {
  double error = 0, scale = 1e-30;
  for (size_t i = 0; i < found.size(); ++i) {
    error = std::max(error, std::abs(double{found[i]} - expected.data[i]));
    scale = std::max(scale, std::abs(expected.data[i]));
  }
  return error / scale;
}

std::vector<float> as_floats(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

TEST_CASE("random modules: the schedule run over planned memory is the interpreted module") {
  const chip::Chip chip = test::two_level_chip();
  size_t left_out = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    const ir::Module module = test::random_module(seed);
    const Schedule lowered = lower(module, chip);
    const Schedule viewed = seed % 4 > 1 ? use_views(lowered) : lowered;
    const Schedule schedule = seed % 4 == 0 ? lowered : take_over_memory(viewed);
    for (size_t i = 0; i < lowered.entry_points.size(); ++i)
      left_out += lowered.entry_points[i].steps.size() - viewed.entry_points[i].steps.size();
    const memory::MemoryPlan plan =
        std::get<memory::MemoryPlan>(memory::plan_memory(schedule, chip));
    CAPTURE(seed);
    const std::string text = graph::to_text(module) + to_text(schedule, chip);
    CAPTURE(text);
    REQUIRE(memory::validate(schedule, plan) == std::vector<std::string>{});

    Random random(seed);
    memory::ScheduleRun run(schedule, plan);
    graph::InterpreterInputs inputs;
    for (const ir::VariableId variable : module.variables.ids()) {
      const ir::TensorType& type = module.variables[variable].type;
      inputs.variables[variable] = ops::Tensor(type, random_values(random, type));
      run.set(run.variable(variable), as_floats(inputs.variables[variable].data));
    }
    for (size_t i = 0; i < module.graphs.size(); ++i) {
      const ir::Graph& graph = module.graphs[i];
      const EntryPoint& entry = schedule.entry_points[i];
      const auto argument = [&](const std::string& name) {
        return memory::ScheduleRun::argument(entry, name);
      };
      for (const ir::Input& input : graph.inputs) {
        const ir::TensorType& type = graph.type(input.value);
        inputs.arguments[input.name] = ops::Tensor(type, random_values(random, type));
        run.set(argument(input.name), as_floats(inputs.arguments[input.name].data));
      }
      const graph::InterpreterResults results = graph::interpret(graph, inputs);
      run.run(entry);
      for (const auto& [name, tensor] : results.outputs)
        REQUIRE(error_of(run.floats(argument(name)), tensor) < 1e-4);
      for (const auto& [variable, tensor] : results.written) inputs.variables[variable] = tensor;
      for (const auto& [variable, tensor] : inputs.variables)
        REQUIRE(error_of(run.floats(run.variable(variable)), tensor) < 1e-4);
    }
    if (seed % 20 == 0)
      REQUIRE(test::paint_arenas(schedule, plan, seed) == std::vector<std::string>{});
  }
  CHECK(left_out > 500);
}

}  // namespace
}  // namespace tdc::schedule
