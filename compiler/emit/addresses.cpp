#include "emit/addresses.h"

#include <fmt/format.h>

#include "emit/c_names.h"

namespace tdc::emit {

using schedule::BufferKind;

std::string_view c_type(ir::DType dtype) {
  return dtype == ir::DType::i32 ? "int32_t" : "float";
}

std::string affine_text(int64_t begin, int64_t step) {
  const std::string steps = step == 1 ? "turn" : fmt::format("{} * turn", step);
  return begin == 0 ? steps : fmt::format("{} + {}", begin, steps);
}

Addresses::Addresses(const Model& model) : model_(model) {
  for (const memory::LevelPlan& level : model.plan.levels)
    for (const memory::Placement& placement : level.placements)
      placements_[placement.buffer] = {level.level, placement.offset};
}

std::string Addresses::of(const Word& word, int64_t step) const {
  if (!word.storage.is_valid()) return "0";
  const schedule::Buffer& buffer = model_.schedule.buffers[word.storage];
  const auto plus = [&](const std::string& base) {
    if (step == 0) return word.number == 0 ? base : fmt::format("{} + {}", base, word.number);
    return fmt::format("{} + ({})", base, affine_text(word.number, step));
  };
  switch (buffer.kind) {
    case BufferKind::argument:
      return plus(arguments_.at(word.storage));
    case BufferKind::constant:
      return plus(image_name(model_, *buffer.variable));
    case BufferKind::temporary:
    case BufferKind::variable:
      return in_arena(word.storage, word.number, word.dtype, step);
  }
  return "";
}

std::string Addresses::in_arena(schedule::BufferId buffer, int64_t element, ir::DType dtype,
                                int64_t step) const {
  const auto& [level, offset] = placements_.at(model_.alias_roots[buffer]);
  const int64_t element_bytes = ir::byte_size(dtype).count;
  const int64_t begin = offset.count + element * element_bytes;
  const std::string distance = step == 0
                                   ? fmt::format("{}", begin)
                                   : fmt::format("({})", affine_text(begin, step * element_bytes));
  return fmt::format("({}*)(void*)({} + {})", c_type(dtype), arena_name(model_, level), distance);
}

}  // namespace tdc::emit
