#include "emit/emit_runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "emit/c_names.h"
#include "emit/program_data.h"

// The protocol itself is `td_runner.c`. What is printed here ties it to the typed functions of one
// model: each gets a function that finds its arrays, in the order of its parameters, in one buffer.

namespace tdc::emit {
namespace {

bool is_parameter(const schedule::Argument& argument) {
  return argument.is_output || argument.input_kind == ir::InputKind::sample ||
         argument.input_kind == ir::InputKind::target;
}

Bytes argument_bytes(const schedule::Schedule& schedule, const schedule::Argument& argument) {
  return ir::byte_size(schedule.buffers[argument.buffer].type);
}

/// Bytes of all inputs, or of all results, of the entry point; 0 if the model has no such function.
int64_t total_bytes(const schedule::Schedule& schedule, ir::GraphKind kind, bool of_outputs) {
  const schedule::EntryPoint* entry_point = schedule::find_entry_point(schedule, kind);
  if (entry_point == nullptr) return 0;
  int64_t bytes = 0;
  for (const schedule::Argument& argument : entry_point->arguments)
    if (is_parameter(argument) && argument.is_output == of_outputs)
      bytes += argument_bytes(schedule, argument).count;
  return bytes;
}

/// `(const float*)(const void*)(input + 256)` for each array; loss and metrics by their names.
std::string call_arguments(const Model& model, const schedule::EntryPoint& entry_point) {
  std::string text;
  int64_t input_bytes = 0;
  int64_t result_bytes = 0;
  bool has_metrics = false;
  const auto add = [&](const std::string& argument) {
    text += (text.empty() ? "" : ", ") + argument;
  };
  for (const schedule::Argument& argument : entry_point.arguments) {
    if (!is_parameter(argument)) continue;
    const bool is_integer = model.schedule.buffers[argument.buffer].type.dtype == ir::DType::i32;
    const char* type = is_integer ? "int32_t" : "float";
    if (!argument.is_output) {
      add(fmt::format("(const {}*)(const void*)(input + {})", type, input_bytes));
      input_bytes += argument_bytes(model.schedule, argument).count;
    } else if (argument.output_kind == ir::OutputKind::result) {
      add(fmt::format("({}*)(void*)(results + {})", type, result_bytes));
      result_bytes += argument_bytes(model.schedule, argument).count;
    } else if (argument.output_kind == ir::OutputKind::loss) {
      add("loss");
    } else if (!has_metrics) {
      add("metrics");
      has_metrics = true;
    }
  }
  return text;
}

/// A function with the parameters that `td_runner_model` wants, or nothing if the model lacks it.
std::string adapter(const Model& model, ir::GraphKind kind, std::string_view parameters) {
  const schedule::EntryPoint* entry_point = schedule::find_entry_point(model.schedule, kind);
  if (entry_point == nullptr) return {};
  const std::string arguments = call_arguments(model, *entry_point);
  // An unused parameter is a warning, and one that only some models have is none of their fault.
  const bool ignores_metrics = parameters.find("metrics") != std::string_view::npos &&
                               arguments.find("metrics") == std::string::npos;
  return fmt::format("\nstatic uint32_t {1}({2}) {{\n{4}  return (uint32_t){0}_{1}({3});\n}}\n",
                     model.interface.prefix, entry_point->name, parameters, arguments,
                     ignores_metrics ? "  (void)metrics;\n" : "");
}

std::string buffer(const Model& model, std::string_view type, std::string_view name,
                   int64_t count) {
  const chip::Chip& chip = model.interface.chip;
  return count == 0 ? std::string()
                    : fmt::format("static {} {}_buffer[{}] TD_MEMORY({});\n", type, name, count,
                                  chip.levels[chip.tensors].name);
}

}  // namespace

RunnerSizes runner_sizes(const interface::Interface& interface,
                         const schedule::Schedule& schedule) {
  RunnerSizes sizes = {.train_input_bytes = total_bytes(schedule, ir::GraphKind::train_step, false),
                       .eval_input_bytes = total_bytes(schedule, ir::GraphKind::eval, false),
                       .infer_input_bytes = total_bytes(schedule, ir::GraphKind::infer, false),
                       .result_bytes = total_bytes(schedule, ir::GraphKind::infer, true)};
  if (const auto* eval = schedule::find_entry_point(schedule, ir::GraphKind::eval))
    sizes.metrics = std::count_if(
        eval->arguments.begin(), eval->arguments.end(), [](const schedule::Argument& argument) {
          return argument.is_output && ir::is_in_metrics(argument.output_kind);
        });
  sizes.variables = listed_variables(schedule);
  if (interface.training) {
    sizes.batch = interface.training->batch;
    sizes.accumulate = interface.training->accumulate;
  }
  return sizes;
}

Bytes runner_input_bytes(const RunnerSizes& sizes) {
  return {std::max({sizes.train_input_bytes, sizes.eval_input_bytes, sizes.infer_input_bytes})};
}

std::string emit_runner(const Model& model) {
  const std::string& prefix = model.interface.prefix;
  const RunnerSizes sizes = runner_sizes(model.interface, model.schedule);
  const int64_t input_bytes = runner_input_bytes(sizes).count;
  const bool has_training =
      schedule::find_entry_point(model.schedule, ir::GraphKind::train_step) != nullptr;

  std::string text = fmt::format(
      "/* A program that serves {0} to a host: see td_runner.h. Written by tdc. */\n"
      "#include \"{1}\"\n#include \"td_platform.h\"\n#include \"td_runner.h\"\n\n",
      model.interface.net, file_names(prefix).include);
  text += buffer(model, "uint8_t", "input", input_bytes);
  text += buffer(model, "uint8_t", "result", sizes.result_bytes);
  text += buffer(model, "float", "metric", sizes.metrics);

  text +=
      fmt::format("\nstatic uint32_t init(void) {{\n  return (uint32_t){}_init(0);\n}}\n", prefix);
  text += adapter(model, ir::GraphKind::train_step, "const uint8_t* input, float* loss");
  if (has_training)
    text += fmt::format("\nstatic uint32_t flush(void) {{\n  return (uint32_t){}_flush();\n}}\n",
                        prefix);
  text += adapter(model, ir::GraphKind::eval, "const uint8_t* input, float* loss, float* metrics");
  text += adapter(model, ir::GraphKind::infer, "const uint8_t* input, uint8_t* results");
  text += fmt::format(
      "\nstatic td_runner_variable variable(uint32_t index) {{\n"
      "  const {0}_variable* found = &{0}_variables[index];\n"
      "  return (td_runner_variable){{\n"
      "      .value = found->value, .live = found->live, .elements = found->elements}};\n}}\n",
      prefix);

  const auto function = [&](ir::GraphKind kind) -> std::string_view {
    const auto* entry_point = schedule::find_entry_point(model.schedule, kind);
    return entry_point != nullptr ? std::string_view(entry_point->name) : "0";
  };
  const auto pointer = [](const char* name, int64_t count) { return count > 0 ? name : "0"; };
  text += fmt::format(
      "\nint main(void) {{\n  static const td_runner_model model TD_CONSTANT({}) = {{\n      "
      ".sizes = {{\n"
      "          .train_input_bytes = {},\n          .eval_input_bytes = {},\n"
      "          .infer_input_bytes = {},\n          .result_bytes = {},\n"
      "          .metrics = {},\n          .variables = {},\n          .batch = {},\n"
      "          .accumulate = {},\n      }},\n",
      constants_level(model), sizes.train_input_bytes, sizes.eval_input_bytes,
      sizes.infer_input_bytes, sizes.result_bytes, sizes.metrics, sizes.variables, sizes.batch,
      sizes.accumulate);
  text += fmt::format(
      "      .input = {},\n      .results = {},\n      .metrics = {},\n      .init = init,\n"
      "      .train_step = {},\n      .flush = {},\n      .eval = {},\n      .infer = {},\n"
      "      .variable = variable,\n  }};\n  return td_runner(&model);\n}}\n",
      pointer("input_buffer", input_bytes), pointer("result_buffer", sizes.result_bytes),
      pointer("metric_buffer", sizes.metrics), function(ir::GraphKind::train_step),
      has_training ? "flush" : "0", function(ir::GraphKind::eval), function(ir::GraphKind::infer));
  return text;
}

}  // namespace tdc::emit
