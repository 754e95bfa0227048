#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "emit/addresses.h"
#include "emit/c_names.h"
#include "emit/emit_model.h"
#include "emit/emit_weights.h"
#include "emit/program_data.h"
#include "emit/step_writer.h"

namespace tdc::emit {
namespace {

using schedule::BufferKind;

constexpr std::string_view kCopyElements =
    "\nstatic void copy_elements(void* to, const void* from, uint32_t elements) {\n"
    "  const uint32_t* source = (const uint32_t*)from;\n"
    "  uint32_t* target = (uint32_t*)to;\n"
    "  for (uint32_t i = 0; i < elements; ++i) target[i] = source[i];\n}\n";

class SourceWriter {
 public:
  explicit SourceWriter(const Model& model)
      : model_(model), prefix_(model.interface.prefix), schedule_(model.schedule) {}

  std::string run() {
    const std::string entry_points = write_entry_points();
    text_ = fmt::format("/* {0}: see {1}. Written by tdc. */\n#include \"{1}\"\n\n",
                        model_.interface.net, file_names(prefix_).include);
    if (std::ranges::any_of(model_.interface.inputs, &interface::Field::is_scaled))
      text_ += "#include \"td_input.h\"\n";
    text_ += "#include \"td_kernels.h\"\n#include \"td_platform.h\"\n";
    if (has_schedule()) text_ += "#include \"td_schedule.h\"\n";
    text_ += "\n" + weight_declarations(model_);
    write_arenas();
    write_state();
    write_variables();
    write_wrappers();
    write_init();
    write_scaling();
    return text_ + entry_points;
  }

 private:
  bool has_schedule() const {
    if (!model_.interface.training) return false;
    const interface::LearningRateSchedule& schedule = model_.interface.training->schedule;
    return schedule.kind != interface::LearningRateSchedule::Kind::constant ||
           schedule.warmup_steps > 0;
  }

  void write_arenas() {
    text_ += "\n/* Live variables and everything between the steps of an entry point. */\n";
    for (const memory::LevelPlan& level : model_.plan.levels)
      if (level.peak.count > 0)
        text_ += fmt::format("static uint8_t {}[{}] TD_MEMORY({});\n",
                             arena_name(model_, level.level), arena_macro(model_, level.level),
                             model_.interface.chip.levels[level.level].name);
  }

  void write_state() {
    const chip::Chip& chip = model_.interface.chip;
    const std::string place = fmt::format("TD_MEMORY({})", chip.levels[chip.tensors].name);
    text_ += "\nstatic struct {\n  uint32_t is_ready;\n";
    if (model_.interface.training)
      text_ +=
          "  uint32_t updates;       /* done since init */\n"
          "  uint32_t micro_batches; /* summed since the last update */\n";
    text_ += fmt::format("}} state {};\n", place);
    if (model_.interface.training)
      text_ += fmt::format(
          "\n/* What an update reads at run time. */\nstatic struct {{\n  float learning_rate;\n"
          "  float inverse_count; /* 1 / number of samples whose gradients were summed */\n"
          "}} scalars {};\n",
          place);
  }

  void write_variables() {
    std::string paths, entries;
    for (const ir::VariableId id : schedule_.variables.ids()) {
      const ir::Variable& variable = schedule_.variables[id];
      if (variable.kind == ir::VariableKind::accumulator) continue;
      paths += fmt::format("static const char {}[{}] TD_CONSTANT({}) = {};\n", path_name(id),
                           path_bytes(variable).count, constants_level(model_),
                           string_literal(variable.path));
      entries += variable_entry(id);
    }
    if (!paths.empty()) text_ += "\n" + paths;
    text_ += fmt::format("\nconst {0}_variable {0}_variables[{1}] TD_CONSTANT({2}) = {{\n{3}}};\n",
                         prefix_, variable_array_extent(model_), constants_level(model_),
                         entries.empty() ? "    {.path = 0},\n" : entries);
  }

  static std::string path_name(ir::VariableId id) { return fmt::format("path_{}", id.index); }

  std::string variable_entry(ir::VariableId id) const {
    const ir::Variable& variable = schedule_.variables[id];
    const schedule::BufferId buffer = model_.variable_buffers[id];
    const bool is_live = schedule_.buffers[buffer].kind == BufferKind::variable;
    const std::string address =
        is_live ? addresses_.in_arena(buffer, 0, variable.type.dtype) : image_name(model_, id);
    std::string dims;
    for (const int64_t extent : variable.type.dims)
      dims += fmt::format("{}{}", dims.empty() ? "" : ", ", extent);
    return fmt::format(
        "    {{.path = {},\n     .value = {},\n     .live = {},\n"
        "     .elements = {},\n     .rank = {},\n     .dims = {{{}}}}},\n",
        path_name(id), address, is_live ? address : "0", ir::element_count(variable.type),
        variable.type.rank(), dims.empty() ? "0" : dims);
  }

  void write_wrappers() {
    const StepParts& parts = steps_.parts();
    if (!parts.kernels.empty()) text_ += "\n";
    for (const std::string_view kernel : parts.kernels)
      text_ += fmt::format(
          "static void run_{0}(const void* args, td_team team) {{\n  {0}((const {0}_args*)args, "
          "team);\n}}\n",
          kernel);
  }

  void write_init() {
    const chip::Chip& chip = model_.interface.chip;
    std::string steps;
    bool fills = false, fills_far = false;
    for (const ir::VariableId id : schedule_.variables.ids()) {
      const schedule::BufferId buffer = model_.variable_buffers[id];
      if (schedule_.buffers[buffer].kind != BufferKind::variable) continue;
      const ir::Variable& variable = schedule_.variables[id];
      const std::string address = addresses_.in_arena(buffer, 0, variable.type.dtype);
      if (has_image(model_, id)) {
        steps +=
            fmt::format("  td_dma_copy({}, {}, {}, 1, 0, 0); /* {} */\n", address,
                        image_name(model_, id), ir::byte_size(variable.type).count, variable.path);
      } else {
        const bool is_far = chip.streams_from(schedule_.buffers[buffer].level);
        (is_far ? fills_far : fills) = true;
        steps += fmt::format("  {}({}, {}); /* {} */\n", is_far ? "fill_zero_far" : "fill_zero",
                             address, ir::element_count(variable.type), variable.path);
      }
    }
    if (fills)
      text_ +=
          "\nstatic void fill_zero(float* to, uint32_t elements) {\n"
          "  for (uint32_t i = 0; i < elements; ++i) to[i] = 0.0f;\n}\n";
    if (fills_far)
      text_ +=
          "\n/* For memory that only transfers reach. */\n"
          "static void fill_zero_far(float* to, uint32_t elements) {\n"
          "  const float zeros[64] = {0};\n"
          "  const uint32_t rows = elements / 64;\n"
          "  td_dma_copy(to, zeros, sizeof zeros, rows, sizeof zeros, 0);\n"
          "  td_dma_copy(to + 64 * rows, zeros, elements % 64 * sizeof(float), 1, 0, 0);\n"
          "  td_dma_wait_all();\n}\n";
    text_ += fmt::format(
        "\n{0}_status {0}_init(const {0}_config* config) {{\n  (void)config; /* nothing here is "
        "random */\n",
        prefix_);
    text_ += steps + "  td_dma_wait_all();\n";
    if (model_.interface.training) text_ += "  state.updates = 0;\n  state.micro_batches = 0;\n";
    text_ += fmt::format("  state.is_ready = 1;\n  return {}_OK;\n}}\n", upper(prefix_));
  }

  void write_scaling() {
    const auto numbers = [](const std::vector<float>& values) {
      std::string text;
      for (const float value : values) text += (text.empty() ? "" : ", ") + float_literal(value);
      return text;
    };
    for (const interface::Field& input : model_.interface.inputs) {
      if (!input.is_scaled()) continue;
      const int64_t elements = ir::element_count(input.type);
      const int64_t channel_elements = elements / std::ssize(input.mean);
      text_ += fmt::format(
          "\n{0} {{\n  static const float mean[] TD_CONSTANT({6}) = {{{1}}};\n"
          "  static const float deviation[] TD_CONSTANT({6}) = {{{2}}};\n"
          "  if (!bytes || !input) return {3}_NULL_POINTER;\n"
          "  for (uint32_t i = 0; i < {4}; ++i)\n"
          "    input[i] = td_scaled_byte(bytes[i], mean[i / {5}], deviation[i / {5}]);\n"
          "  return {3}_OK;\n}}\n",
          scaling_prototype(model_, input), numbers(input.mean), numbers(input.deviation),
          upper(prefix_), elements, channel_elements, constants_level(model_));
    }
  }

  // ---- entry points ----------------------------------------------------------------------------

  std::string write_entry_points() {
    std::string text;
    if (model_.interface.training) text += learning_rate_function();
    std::string body;
    for (const schedule::EntryPoint& entry_point : schedule_.entry_points) {
      const std::string steps = steps_.run(entry_point);
      if (entry_point.kind == ir::GraphKind::apply)
        // The update stands before its callers.
        text += apply_function(steps);
      else
        body += public_function(entry_point, steps);
    }
    text += body;
    if (model_.interface.training) text += flush_function();
    if (steps_.parts().copies) text.insert(0, kCopyElements);
    return text;
  }

  std::string learning_rate_function() const {
    const interface::Training& training = *model_.interface.training;
    const interface::LearningRateSchedule& schedule = training.schedule;
    const std::string base = float_literal(static_cast<float>(training.learning_rate));
    std::string text =
        "\n/* The learning rate of update number `update`, counted from 0. */\n"
        "static float learning_rate(uint32_t update) {\n";
    switch (schedule.kind) {
      case interface::LearningRateSchedule::Kind::constant:
        if (schedule.warmup_steps == 0)
          text += fmt::format("  (void)update;\n  return {};\n", base);
        else
          text += fmt::format("  return {} * td_schedule_warmup(update, {});\n", base,
                              schedule.warmup_steps);
        break;
      case interface::LearningRateSchedule::Kind::linear:
      case interface::LearningRateSchedule::Kind::cosine:
        text += fmt::format(
            "  return {} * td_schedule_{}(update, {}, {}, {});\n", base,
            schedule.kind == interface::LearningRateSchedule::Kind::linear ? "linear" : "cosine",
            schedule.warmup_steps, schedule.total_steps,
            float_literal(static_cast<float>(schedule.final_factor)));
        break;
    }
    return text + "}\n";
  }

  std::string apply_function(const std::string& steps) const {
    return fmt::format(
        "\n/* One update with the mean over everything summed, which is then cleared. */\n"
        "static void apply(void) {{\n"
        "  scalars.learning_rate = learning_rate(state.updates);\n"
        "  scalars.inverse_count = 1.0f / (float)(state.micro_batches * {0}_BATCH);\n{1}"
        "  state.micro_batches = 0;\n  ++state.updates;\n}}\n",
        upper(prefix_), steps);
  }

  std::string public_function(const schedule::EntryPoint& entry_point,
                              const std::string& steps) const {
    std::string text = fmt::format("\n{0}_status {0}_{1}({2}) {{\n", prefix_, entry_point.name,
                                   parameter_list(entry_point, schedule_));
    std::string nulls;
    std::set<std::string> seen;
    for (const schedule::Argument& argument : entry_point.arguments) {
      const std::string name = c_argument(argument);
      if (name.empty() || !seen.insert(name).second) continue;
      nulls += fmt::format("{}{} == 0", nulls.empty() ? "" : " || ", name);
    }
    text += fmt::format("  if (!state.is_ready) return {}_NOT_READY;\n", upper(prefix_));
    if (!nulls.empty())
      text += fmt::format("  if ({}) return {}_NULL_POINTER;\n", nulls, upper(prefix_));
    text += class_checks(entry_point);
    const bool is_train_step = entry_point.kind == ir::GraphKind::train_step;
    const bool sums = is_train_step && accumulates();
    if (is_train_step && !sums)
      text += fmt::format(
          "  scalars.learning_rate = learning_rate(state.updates);\n"
          "  scalars.inverse_count = 1.0f / (float){}_BATCH;\n",
          upper(prefix_));
    text += steps;
    if (is_train_step && !sums) text += "  ++state.updates;\n";
    if (sums)
      text +=
          fmt::format("  if (++state.micro_batches == {}_ACCUMULATE) apply();\n", upper(prefix_));
    return text + fmt::format("  return {}_OK;\n}}\n", upper(prefix_));
  }

  /// Every class number is one of its type's, before anything is done with any: as an unsigned
  /// number, a negative one is too large (c-4).
  std::string class_checks(const schedule::EntryPoint& entry_point) const {
    std::string text;
    for (const schedule::Argument& argument : entry_point.arguments) {
      if (argument.classes == 0) continue;
      const int64_t count = ir::element_count(schedule_.buffers[argument.buffer].type);
      if (count > 1) text += fmt::format("  for (uint32_t i = 0; i < {}; ++i)\n  ", count);
      text += fmt::format("  if ((uint32_t){}[{}] >= {}u) return {}_OUT_OF_RANGE;\n",
                          parameter_name(argument), count > 1 ? "i" : "0", argument.classes,
                          upper(prefix_));
    }
    return text;
  }

  /// Whether several calls of `train_step` make one update.
  bool accumulates() const {
    return schedule::find_entry_point(schedule_, ir::GraphKind::apply) != nullptr;
  }

  std::string flush_function() const {
    return fmt::format(
        "\n{0}_status {0}_flush(void) {{\n  if (!state.is_ready) return {1}_NOT_READY;\n{2}"
        "  return {1}_OK;\n}}\n",
        prefix_, upper(prefix_), accumulates() ? "  if (state.micro_batches > 0) apply();\n" : "");
  }

  /// The C parameter of an argument; empty for run-time scalars.
  std::string c_argument(const schedule::Argument& argument) const {
    return is_runtime_scalar(argument) ? "" : parameter_name(argument);
  }

  const Model& model_;
  const std::string& prefix_;
  const schedule::Schedule& schedule_;
  Addresses addresses_{model_};
  StepWriter steps_{model_, addresses_};
  std::string text_;
};

}  // namespace

std::string emit_source(const Model& model) {
  return SourceWriter(model).run();
}

}  // namespace tdc::emit
