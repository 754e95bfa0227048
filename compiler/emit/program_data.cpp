#include "emit/program_data.h"

#include <algorithm>
#include <span>

#include "emit/c_names.h"
#include "emit/emit_runner.h"
#include "schedule/kernel_call.h"
#include "schedule/loops.h"

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

/// Whether a word is a pointer of the caller. Numbers of the training loop have fixed places.
bool is_of_caller(const CallerBuffers& of_caller, const Word& word) {
  return word.kind == Word::Kind::address && of_caller.contains(word.storage);
}

Bytes fields(int64_t count) {
  return {count * kFieldBytes};
}

/// The tables of words that change over the turns.
Bytes table_bytes(const CallerBuffers& of_caller, std::span<const Fit> fits) {
  Bytes bytes;
  for (const Fit& fit : fits)
    if (fit.table.size() > 1 && is_constant_table(of_caller, fit))
      bytes += fields(std::ssize(fit.table));
  return bytes;
}

/// The structs and the tables of a launch in all turns from `begin`.
Bytes launch_bytes(const Words& words, const CallerBuffers& of_caller,
                   const std::vector<const schedule::Launch*>& turns, int64_t begin) {
  Bytes bytes;
  for (const ArgumentFits& fits : argument_fits(words, turns, begin)) {
    if (has_constant_arguments(of_caller, fits))
      bytes += schedule::argument_bytes(*turns.front()->op->kernel);
    for (const std::vector<Fit>& field : fits) bytes += table_bytes(of_caller, field);
  }
  return bytes;
}

Bytes arguments_bytes(const schedule::Schedule& schedule) {
  const Words words(schedule);
  Bytes bytes;
  for (const schedule::EntryPoint& entry_point : schedule.entry_points) {
    const CallerBuffers of_caller = caller_buffers(entry_point);
    for (const schedule::Stretch& stretch : schedule::stretches(entry_point))
      for (size_t place = 0; place < stretch.body; ++place) {
        const auto launches = schedule::in_turns<schedule::Launch>(entry_point, stretch, place);
        const auto copies = schedule::in_turns<schedule::Copy>(entry_point, stretch, place);
        const auto begin = static_cast<int64_t>(schedule::turns_at(stretch, place).begin);
        if (!launches.empty()) bytes += launch_bytes(words, of_caller, launches, begin);
        if (!copies.empty()) bytes += table_bytes(of_caller, copy_fits(words, copies, begin));
      }
  }
  return bytes;
}

/// The table: path, value, live, elements, rank, dims of each variable.
Bytes variable_table_bytes(const schedule::Schedule& schedule) {
  Bytes bytes = fields(table_entries(schedule) * (5 + table_rank(schedule)));
  for (const ir::Variable& variable : schedule.variables)
    if (variable.kind != ir::VariableKind::accumulator) bytes += path_bytes(variable);
  return bytes;
}

/// Mean and deviation of each channel.
Bytes scaling_bytes(const interface::Interface& interface) {
  Bytes bytes;
  for (const interface::Field& input : interface.inputs)
    bytes += fields(std::ssize(input.mean) + std::ssize(input.deviation));
  return bytes;
}

Bytes buffer_bytes(const interface::Interface& interface, const schedule::Schedule& schedule) {
  const RunnerSizes sizes = runner_sizes(interface, schedule);
  Bytes bytes;
  const auto add = [&](Bytes array) { bytes += align_up(array, memory::kAlignment); };
  add(runner_input_bytes(sizes));
  add({sizes.result_bytes});
  add(fields(sizes.metrics));
  add(fields(interface.training ? kTrainingStateFields : kStateFields));
  if (interface.training) add(fields(kScalarFields));
  return bytes;
}

}  // namespace

memory::ProgramData program_data(const interface::Interface& interface,
                                 const schedule::Schedule& schedule, bool has_weight_file) {
  return {.constants = arguments_bytes(schedule) + variable_table_bytes(schedule) +
                       scaling_bytes(interface) + fields(kRunnerModelFields),
          .buffers = buffer_bytes(interface, schedule),
          .has_weight_file = has_weight_file};
}

CallerBuffers caller_buffers(const schedule::EntryPoint& entry_point) {
  CallerBuffers buffers;
  for (const schedule::Argument& argument : entry_point.arguments)
    if (!is_runtime_scalar(argument)) buffers.insert(argument.buffer);
  return buffers;
}

bool has_constant_arguments(const CallerBuffers& of_caller, const ArgumentFits& fits) {
  return std::ranges::all_of(fits, [&](const std::vector<Fit>& field) {
    return std::ranges::all_of(field, [&](const Fit& fit) {
      return fit.is_constant() && !is_of_caller(of_caller, fit.table.front());
    });
  });
}

bool is_constant_table(const CallerBuffers& of_caller, const Fit& fit) {
  return std::ranges::none_of(fit.table,
                              [&](const Word& word) { return is_of_caller(of_caller, word); });
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
