#include "emit/c_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstring>

namespace tdc::emit {
namespace {

// Words of C and C++, and what the generated file calls its own functions, variables and
// parameters.
constexpr std::array<std::string_view, 67> kTakenWords = {
    "auto",      "break",        "case",      "char",          "const",
    "continue",  "default",      "do",        "double",        "else",
    "enum",      "extern",       "float",     "for",           "goto",
    "if",        "inline",       "int",       "long",          "register",
    "restrict",  "return",       "short",     "signed",        "sizeof",
    "static",    "struct",       "switch",    "typedef",       "union",
    "unsigned",  "void",         "volatile",  "while",         "asm",
    "typeof",    "bool",         "true",      "false",         "nullptr",
    "constexpr", "alignas",      "alignof",   "class",         "new",
    "delete",    "this",         "template",  "namespace",     "operator",
    "private",   "public",       "protected", "virtual",       "args",
    "state",     "metrics",      "config",    "status",        "scalars",
    "linux",     "unix",         "loss",      "learning_rate", "apply",
    "fill_zero", "copy_elements"};

bool is_taken(std::string_view name) {
  const bool is_runtime =
      name.starts_with("td_") || name.starts_with("TD_") || name.starts_with("run_td_");
  const bool is_stdint =
      ((name.starts_with("int") || name.starts_with("uint")) && name.ends_with("_t")) ||
      name.ends_with("_MAX") || name.ends_with("_MIN");
  return is_runtime || is_stdint || name.starts_with("__") ||
         std::find(kTakenWords.begin(), kTakenWords.end(), name) != kTakenWords.end();
}

}  // namespace

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::string parameter_name(const schedule::Argument& argument) {
  if (argument.is_output && argument.output_kind != ir::OutputKind::result)
    return argument.output_kind == ir::OutputKind::loss ? "loss" : "metrics";
  const std::string_view name = argument.name;
  // A name that is a taken one with `_` behind it moves on too, so that different names stay so.
  const std::string_view stem = name.substr(0, name.find_last_not_of('_') + 1);
  std::string result(name);
  if (is_taken(name) || is_taken(stem)) result += '_';
  return result;
}

std::string float_literal(float value) {
  TDC_CHECK(std::isfinite(value), "a literal of {}", value);
  if (value == 0) return std::signbit(value) ? "-0.0f" : "0.0f";
  return fmt::format("{:a}f", value);
}

std::string string_literal(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

std::string arena_name(const Model& model, LevelId level) {
  return fmt::format("{}_{}", model.program.prefix,
                     lower(model.program.deployment.chip.levels[level].name));
}

std::string arena_macro(const Model& model, LevelId level) {
  return fmt::format("{}_BYTES", upper(arena_name(model, level)));
}

std::string image_name(const Model& model, ir::VariableId variable) {
  const schedule::Buffer& buffer = model.schedule.buffers[buffer_of(model.schedule, variable)];
  const bool is_frozen = buffer.kind == schedule::BufferKind::constant;
  return fmt::format("{}_{}_{}", model.program.prefix, is_frozen ? "frozen" : "initial",
                     variable.index);
}

bool has_image(const Model& model, ir::VariableId variable) {
  const schedule::Buffer& buffer = model.schedule.buffers[buffer_of(model.schedule, variable)];
  if (buffer.kind == schedule::BufferKind::constant) return true;
  const std::vector<float>& values = model.initial_values[variable];
  return std::any_of(values.begin(), values.end(),
                     [](float value) { return value != 0 || std::signbit(value); });
}

schedule::BufferId storage_of(const schedule::Schedule& schedule, schedule::BufferId buffer) {
  while (schedule.buffers[buffer].alias) buffer = schedule.buffers[buffer].alias->of;
  return buffer;
}

schedule::BufferId buffer_of(const schedule::Schedule& schedule, ir::VariableId variable) {
  for (const schedule::BufferId id : schedule.buffers.ids())
    if (schedule.buffers[id].variable == variable) return id;
  TDC_CHECK(false, "variable {} has no buffer", variable.index);
  return {};
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
    const bool is_metric = argument.output_kind == ir::OutputKind::metric;
    if (!is_metric || !has_metrics) add(fmt::format("{}* {}", type, parameter_name(argument)));
    has_metrics = has_metrics || is_metric;
  }
  return text.empty() ? "void" : text;
}

const schedule::EntryPoint* find_entry_point(const schedule::Schedule& schedule,
                                             std::string_view name) {
  for (const schedule::EntryPoint& entry_point : schedule.entry_points)
    if (entry_point.name == name) return &entry_point;
  return nullptr;
}

}  // namespace tdc::emit
