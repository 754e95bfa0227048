#include "emit/c_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "emit/program_data.h"
#include "support/check.h"

namespace tdc::emit {
namespace {

/// What stands behind the prefix in the names of functions, types and arrays, and of macros and
/// enumerators.
constexpr std::array<std::string_view, 9> kEndings = {"_init",       "_infer",    "_eval",
                                                      "_train_step", "_flush",    "_status",
                                                      "_config",     "_variable", "_variables"};
constexpr std::array<std::string_view, 7> kUpperEndings = {
    "_OK", "_NOT_READY", "_NULL_POINTER", "_OUT_OF_RANGE", "_BATCH", "_ACCUMULATE", "_VARIABLES"};

/// All names of C11, POSIX.1-2017, the GNU library and the runtime that end so. The test of this
/// file finds them in the headers again.
constexpr std::array<std::string_view, 32> kTakenNames = {"F_OK",
                                                          "MM_OK",
                                                          "MSG_BATCH",
                                                          "R_OK",
                                                          "SCHED_BATCH",
                                                          "TD_RUNNER_EXIT_OK",
                                                          "TD_RUNNER_OK",
                                                          "W_OK",
                                                          "X_OK",
                                                          "aio_init",
                                                          "atomic_init",
                                                          "cnd_init",
                                                          "inet6_opt_init",
                                                          "inet6_option_init",
                                                          "inet6_rth_init",
                                                          "mtx_init",
                                                          "obstack_init",
                                                          "posix_spawn_file_actions_init",
                                                          "posix_spawnattr_init",
                                                          "pthread_attr_init",
                                                          "pthread_barrier_init",
                                                          "pthread_barrierattr_init",
                                                          "pthread_cond_init",
                                                          "pthread_condattr_init",
                                                          "pthread_mutex_init",
                                                          "pthread_mutexattr_init",
                                                          "pthread_rwlock_init",
                                                          "pthread_rwlockattr_init",
                                                          "pthread_spin_init",
                                                          "sem_init",
                                                          "si_status",
                                                          "td_runner_variable"};

bool is_made_from(std::string_view name, std::string_view prefix, auto endings) {
  return name.starts_with(prefix) &&
         std::ranges::find(endings, name.substr(prefix.size())) != endings.end();
}

}  // namespace

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

std::optional<std::string> taken_name(std::string_view prefix) {
  // Such names belong to the compiler (C11, 7.1.3).
  if (prefix.starts_with('_')) return fmt::format("{}{}", prefix, kEndings[0]);
  const std::string upper_prefix = upper(prefix);
  for (const std::string_view name : kTakenNames)
    if (is_made_from(name, prefix, kEndings) || is_made_from(name, upper_prefix, kUpperEndings))
      return std::string(name);
  return std::nullopt;
}

std::string free_prefix(std::string_view name) {
  if (!taken_name(name)) return std::string(name);
  const size_t begin = std::min(name.find_first_not_of('_'), name.size());
  return fmt::format("net_{}", name.substr(begin));
}

FileNames file_names(std::string_view prefix) {
  const std::string include = fmt::format("tdc/{}.h", prefix);
  return {.header = "include/" + include,
          .include = include,
          .source = fmt::format("{}.c", prefix),
          .weights = fmt::format("{}_weights.S", prefix),
          .weight_elements = fmt::format("include/tdc/{}_weights.bin", prefix),
          .weight_include = fmt::format("tdc/{}_weights.bin", prefix),
          .runner = fmt::format("{}_runner.c", prefix)};
}

std::string header_guard(std::string_view prefix) {
  return fmt::format("TDC_{}_H", upper(prefix));
}

std::string parameter_name(const schedule::Argument& argument) {
  if (!argument.is_output) return argument.name + "_in";
  switch (argument.output_kind) {
    case ir::OutputKind::loss:
      return "loss";
    case ir::OutputKind::metric:
    case ir::OutputKind::divisor:
      return "metrics";
    case ir::OutputKind::result:
      break;
  }
  return argument.name + "_out";
}

std::string float_literal(float value) {
  TDC_CHECK(std::isfinite(value), "a literal of {}", value);
  if (value == 0) return std::signbit(value) ? "-0.0f" : "0.0f";
  return fmt::format("{:a}f", value);
}

std::string string_literal(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte > '~')
      result += fmt::format("\\{:03o}", byte);
    else if (c == '"' || c == '\\' || c == '?')  // `??/` is a backslash
      result += fmt::format("\\{}", c);
    else
      result += c;
  }
  return result + "\"";
}

const std::string& constants_level(const Model& model) {
  const chip::Chip& chip = model.interface.chip;
  return chip.levels[chip.constants].name;
}

std::string arena_name(const Model& model, LevelId level) {
  return fmt::format("{}_arena_{}", model.interface.prefix,
                     model.interface.chip.levels[level].name);
}

std::string arena_macro(const Model& model, LevelId level) {
  return fmt::format("{}_{}_BYTES", upper(model.interface.prefix),
                     model.interface.chip.levels[level].name);
}

std::string image_name(const Model& model, ir::VariableId variable) {
  const schedule::Buffer& buffer = model.schedule.buffers[model.variable_buffers[variable]];
  const bool is_frozen = buffer.kind == schedule::BufferKind::constant;
  return fmt::format("{}_{}_{}", model.interface.prefix, is_frozen ? "frozen" : "initial",
                     variable.index);
}

bool has_image(const Model& model, ir::VariableId variable) {
  const schedule::Buffer& buffer = model.schedule.buffers[model.variable_buffers[variable]];
  return buffer.kind == schedule::BufferKind::constant ||
         memory::has_image(model.schedule.variables[variable], model.plan.program_data);
}

std::string scaling_name(const Model& model, std::string_view input) {
  return fmt::format("{}_scale_{}", model.interface.prefix, input);
}

std::string scaling_prototype(const Model& model, const interface::Field& input) {
  return fmt::format("{}_status {}(const uint8_t* bytes, float* input)", model.interface.prefix,
                     scaling_name(model, input.name));
}

std::string variable_array_extent(const Model& model) {
  return listed_variables(model.schedule) == 0 ? "1" : upper(model.interface.prefix) + "_VARIABLES";
}

std::string parameter_list(const schedule::EntryPoint& entry_point,
                           const schedule::Schedule& schedule) {
  std::string text;
  const auto add = [&](std::string parameter) {
    text += (text.empty() ? "" : ", ") + std::move(parameter);
  };
  bool has_metrics = false;
  for (const schedule::Argument& argument : entry_point.arguments) {
    const bool is_integer = schedule.buffers[argument.buffer].type.dtype == ir::DType::i32;
    const char* type = is_integer ? "int32_t" : "float";
    if (!argument.is_output) {
      if (argument.input_kind == ir::InputKind::sample ||
          argument.input_kind == ir::InputKind::target)
        add(fmt::format("const {}* {}", type, parameter_name(argument)));
      continue;
    }
    const bool is_metric = ir::is_in_metrics(argument.output_kind);
    if (!is_metric || !has_metrics) add(fmt::format("{}* {}", type, parameter_name(argument)));
    has_metrics = has_metrics || is_metric;
  }
  return text.empty() ? "void" : text;
}

}  // namespace tdc::emit
