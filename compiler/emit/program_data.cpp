#include "emit/program_data.h"

#include <algorithm>

#include "emit/c_names.h"
#include "emit/emit_runner.h"
#include "schedule/aliases.h"
#include "schedule/kernel_call.h"

namespace tdc::emit {
namespace {

/// A pointer, an int32_t, a uint32_t, a float or an enum.
constexpr int64_t kFieldBytes = 4;

/// `td_runner_model`: the sizes, three buffers, six functions.
constexpr int64_t kRunnerModelFields = 8 + 3 + 6;

/// `state` and `scalars` of the model.
constexpr int64_t kStateFields = 1;
constexpr int64_t kTrainingStateFields = 3;
constexpr int64_t kScalarFields = 2;

Bytes fields(int64_t count) {
  return {count * kFieldBytes};
}

Bytes argument_structs_bytes(const schedule::Schedule& schedule) {
  const IdVector<schedule::BufferId, schedule::BufferId> roots =
      schedule::alias_roots(schedule.buffers);
  Bytes bytes;
  for (const schedule::EntryPoint& entry_point : schedule.entry_points) {
    const std::set<schedule::BufferId> of_caller = caller_buffers(entry_point);
    for (const schedule::Step& step : entry_point.steps)
      if (const auto* launch = std::get_if<schedule::Launch>(&step);
          launch != nullptr && has_constant_arguments(*launch, roots, of_caller))
        bytes += schedule::argument_bytes(*launch->op->kernel);
  }
  return bytes;
}

/// The table: path, value, live, elements, rank, dims, kind of each variable.
Bytes table_bytes(const schedule::Schedule& schedule) {
  Bytes bytes = fields(table_entries(schedule) * (6 + table_rank(schedule)));
  for (const ir::Variable& variable : schedule.variables)
    if (variable.kind != ir::VariableKind::accumulator) bytes += path_bytes(variable);
  return bytes;
}

/// Mean and deviation of each channel.
Bytes scaling_bytes(const check::Program& program) {
  Bytes bytes;
  if (program.data)
    for (const check::InputScaling& scaling : program.data->scalings)
      bytes += fields(std::ssize(scaling.mean) + std::ssize(scaling.deviation));
  return bytes;
}

Bytes buffer_bytes(const check::Program& program, const schedule::Schedule& schedule) {
  const RunnerSizes sizes = runner_sizes(program, schedule);
  Bytes bytes;
  const auto add = [&](Bytes array) { bytes += align_up(array, memory::kAlignment); };
  add(runner_input_bytes(sizes));
  add({sizes.result_bytes});
  add(fields(sizes.metrics));
  add(fields(program.training ? kTrainingStateFields : kStateFields));
  if (program.training) add(fields(kScalarFields));
  return bytes;
}

}  // namespace

memory::ProgramData program_data(const check::Program& program, const schedule::Schedule& schedule,
                                 bool has_weight_file) {
  return {.constants = argument_structs_bytes(schedule) + table_bytes(schedule) +
                       scaling_bytes(program) + fields(kRunnerModelFields),
          .buffers = buffer_bytes(program, schedule),
          .has_weight_file = has_weight_file};
}

std::set<schedule::BufferId> caller_buffers(const schedule::EntryPoint& entry_point) {
  std::set<schedule::BufferId> buffers;
  for (const schedule::Argument& argument : entry_point.arguments)
    if (!is_runtime_scalar(argument)) buffers.insert(argument.buffer);
  return buffers;
}

bool has_constant_arguments(const schedule::Launch& launch,
                            const IdVector<schedule::BufferId, schedule::BufferId>& alias_roots,
                            const std::set<schedule::BufferId>& caller_buffers) {
  const auto is_of_caller = [&](const schedule::View& view) {
    return caller_buffers.contains(alias_roots[view.buffer]);
  };
  return std::none_of(launch.op->kernel->fields.begin(), launch.op->kernel->fields.end(),
                      [&](const ops::KernelField& field) {
                        const auto operand = static_cast<size_t>(field.operand);
                        if (field.kind == ops::FieldKind::output)
                          return is_of_caller(launch.outputs.at(operand));
                        if (field.kind != ops::FieldKind::input) return false;
                        const auto& view = launch.inputs.at(operand);
                        return view && is_of_caller(*view);
                      });
}

bool is_runtime_scalar(const schedule::Argument& argument) {
  return !argument.is_output && (argument.input_kind == ir::InputKind::learning_rate ||
                                 argument.input_kind == ir::InputKind::inverse_count);
}

int64_t listed_variables(const schedule::Schedule& schedule) {
  return std::count_if(
      schedule.variables.begin(), schedule.variables.end(),
      [](const ir::Variable& v) { return v.kind != ir::VariableKind::accumulator; });
}

int64_t table_entries(const schedule::Schedule& schedule) {
  return std::max<int64_t>(1, listed_variables(schedule));
}

int64_t table_rank(const schedule::Schedule& schedule) {
  int64_t rank = 1;
  for (const ir::Variable& variable : schedule.variables)
    rank = std::max(rank, static_cast<int64_t>(variable.type.rank()));
  return rank;
}

Bytes path_bytes(const ir::Variable& variable) {
  return align_up({static_cast<int64_t>(variable.path.size()) + 1}, {kFieldBytes});
}

}  // namespace tdc::emit
