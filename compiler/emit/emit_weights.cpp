#include "emit/emit_weights.h"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <iterator>

#include "emit/c_names.h"

namespace tdc::emit {
namespace {

std::string level_of(const Model& model, ir::VariableId variable) {
  const chip::Chip& chip = model.interface.chip;
  const schedule::Buffer& buffer = model.schedule.buffers[model.variable_buffers[variable]];
  const bool is_frozen = buffer.kind == schedule::BufferKind::constant;
  return chip.levels[is_frozen ? buffer.level : chip.image].name;
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
  const FileNames names = file_names(model.interface.prefix);
  std::string text = fmt::format(
      "/* Weights of {} (frozen) and the initial image of what is trained: the arrays of {}, which "
      "the\n"
      " * assembler takes from {}. Written by tdc. */\n"
      "#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__\n"
      "#error \"the numbers of the weights are little-endian\"\n#endif\n",
      model.interface.net, names.source, names.weight_elements);
  int64_t offset = 0;
  for (const ir::VariableId id : model.schedule.variables.ids()) {
    if (!has_image(model, id)) continue;
    const ir::Variable& variable = model.schedule.variables[id];
    const int64_t bytes = ir::byte_size(variable.type).count;
    // Between quotes the preprocessor finds no names: a level may be called `linux`.
    text += fmt::format(
        "\n/* {0}: {1} */\n  .section \".rodata.td.{2}\", \"a\", %progbits\n  .balign 16\n"
        "  .globl {3}\n  .type {3}, %object\n  .size {3}, {4}\n{3}:\n"
        "  .incbin \"{5}\", {6}, {4}\n",
        variable.path, ir::to_text(variable.type), level_of(model, id), image_name(model, id),
        bytes, names.weight_include, offset);
    offset += bytes;
  }
  return text +
         "\n/* Nothing here needs an executable stack. */\n"
         "  .section \".note.GNU-stack\", \"\", %progbits\n";
}

std::string weight_elements(const Model& model) {
  std::string bytes;
  int64_t count = 0;
  for (const ir::VariableId id : model.schedule.variables.ids())
    if (has_image(model, id)) count += std::ssize(model.initial_values[id]);
  bytes.reserve(static_cast<size_t>(count) * sizeof(float));
  for (const ir::VariableId id : model.schedule.variables.ids()) {
    if (!has_image(model, id)) continue;
    for (const float value : model.initial_values[id]) {
      const auto bits = std::bit_cast<uint32_t>(value);
      for (int shift = 0; shift < 32; shift += 8)
        bytes.push_back(static_cast<char>(bits >> shift & 0xff));
    }
  }
  return bytes;
}

}  // namespace tdc::emit
