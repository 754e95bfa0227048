#include "check/print.h"

#include <fmt/format.h>

#include <algorithm>

namespace tdc::check {

std::string selection_text(const Program& program) {
  if (!program.training) return "the file has no `train` block\n";
  std::string text = fmt::format("train {}\n", program.training->name);
  for (const SelectionRow& row : program.selection) {
    text += fmt::format("\n  {}\n", row.text);
    for (const std::string& path : row.matched) text += fmt::format("    {}\n", path);
    text += fmt::format("    {} matched, {} scalars\n", row.matched.size(), row.scalars);
  }
  int64_t trained = 0, all = 0;
  std::string paths;
  for (const ir::Variable& variable : program.module.variables) {
    if (variable.kind != ir::VariableKind::parameter) continue;
    all += ir::element_count(variable.type);
    if (!variable.is_trained) continue;
    trained += ir::element_count(variable.type);
    paths += fmt::format("    {}: {}\n", variable.path, ir::to_text(variable.type));
  }
  return text + fmt::format("\n  trained: {} of {} scalars\n{}", trained, all, paths);
}

std::string shapes_text(const Program& program) {
  const ir::Graph* sample = program.module.find_graph("sample");
  std::vector<std::pair<std::string, std::string>> rows;
  for (const ir::Variable& variable : program.module.variables)
    rows.emplace_back(variable.path, ir::to_text(variable.type));
  for (const ir::Input& input : sample->inputs)
    rows.emplace_back(input.name, ir::to_text(sample->type(input.value)));
  for (const ir::Node& node : sample->nodes)
    for (const ir::ValueId output : node.outputs)
      if (!sample->values[output].name.empty())
        rows.emplace_back(sample->values[output].name, ir::to_text(sample->type(output)));
  size_t width = 0;
  for (const auto& [name, type] : rows) width = std::max(width, name.size());
  std::string text;
  for (const auto& [name, type] : rows) text += fmt::format("{:<{}}  {}\n", name, width, type);
  return text;
}

}  // namespace tdc::check
