#include "emit/emit_weights.h"

#include <fmt/format.h>

#include <algorithm>

#include "emit/c_names.h"

namespace tdc::emit {
namespace {

constexpr size_t kElementsPerLine = 6;

std::string level_of(const Model& model, ir::VariableId variable) {
  const chip::Chip& chip = model.program.deployment.chip;
  const schedule::Buffer& buffer = model.schedule.buffers[buffer_of(model.schedule, variable)];
  const bool is_frozen = buffer.kind == schedule::BufferKind::constant;
  return chip.levels[is_frozen ? chip.constants : chip.image].name;
}

}  // namespace

std::string weight_declarations(const Model& model) {
  std::string text;
  for (const ir::VariableId id : model.schedule.variables.ids())
    if (has_image(model, id))
      text += fmt::format("extern const float {}[{}];\n", image_name(model, id),
                          model.initial_values[id].size());
  return text;
}

std::string emit_weights(const Model& model) {
  std::string text = fmt::format(
      "/* Weights of {} (frozen) and the initial image of what is trained. Written by tdc. */\n"
      "#include \"td_platform.h\"\n\n{}",
      model.program.net, weight_declarations(model));
  for (const ir::VariableId id : model.schedule.variables.ids()) {
    if (!has_image(model, id)) continue;
    const ir::Variable& variable = model.schedule.variables[id];
    const std::vector<float>& values = model.initial_values[id];
    text += fmt::format("\n/* {}: {} */\nconst float {}[{}] TD_IMAGE({}) = {{\n", variable.path,
                        ir::to_text(variable.type), image_name(model, id), values.size(),
                        level_of(model, id));
    for (size_t i = 0; i < values.size(); i += kElementsPerLine) {
      text += "   ";
      for (size_t j = i; j < std::min(i + kElementsPerLine, values.size()); ++j)
        text += " " + float_literal(values[j]) + ",";
      text += "\n";
    }
    text += "};\n";
  }
  return text;
}

}  // namespace tdc::emit
