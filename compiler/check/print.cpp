#include "check/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "ops/op.h"

namespace tdc::check {
namespace {

/// `198,027`
std::string with_separators(int64_t number) {
  const std::string digits = fmt::format("{}", number);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

/// Columns as wide as their widest entry, two blanks apart; the last is not padded.
template <size_t kColumns>
std::string table(const std::vector<std::array<std::string, kColumns>>& rows) {
  std::array<size_t, kColumns> widths = {};
  for (const auto& row : rows)
    for (size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < kColumns; ++i) {
      line += i + 1 < kColumns ? fmt::format("{:<{}}  ", row[i], widths[i]) : row[i];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace

std::string selection_text(const Program& program) {
  if (!program.training) return fmt::format("`{}` has no `train` block\n", program.net);
  std::string text = fmt::format("train {} of {}\n", program.training->name, program.net);
  for (const SelectionRow& row : program.selection) {
    text += fmt::format("\n{}\n    {} paths, {} scalars\n", row.text, row.matched.size(),
                        with_separators(row.scalars));
    for (const std::string& path : row.matched) text += fmt::format("    {}\n", path);
  }
  text += "\n";
  std::vector<std::array<std::string, 4>> rows;
  int64_t trained = 0, all = 0;
  for (const ir::Variable& variable : program.module.variables) {
    const int64_t scalars = ir::element_count(variable.type);
    const bool is_state = variable.kind == ir::VariableKind::state;
    if (!is_state) all += scalars;
    if (variable.is_trained) trained += scalars;
    rows.push_back({is_state              ? "state"
                    : variable.is_trained ? "trained"
                                          : "frozen",
                    variable.path, ir::to_text(variable.type.dims), with_separators(scalars)});
  }
  return text + table(rows) +
         fmt::format("\n{} of {} scalars are trained\n", with_separators(trained),
                     with_separators(all));
}

std::string shapes_text(const Program& program) {
  const ir::Graph& graph = program.module.graphs.front();
  std::vector<std::array<std::string, 4>> rows = {{"name", "type", "bytes", "from"}};
  const auto add = [&](const std::string& name, const ir::TensorType& type, std::string from) {
    rows.push_back({name, ir::to_text(type), to_text(ir::byte_size(type)), std::move(from)});
  };
  for (const ir::Input& input : graph.inputs)
    add(input.name, graph.type(input.value),
        input.kind == ir::InputKind::target ? "target" : "input");
  for (const ir::Variable& variable : program.module.variables)
    add(variable.path, variable.type, std::string(ir::to_text(variable.kind)));
  for (const ir::Node& node : graph.nodes)
    for (const ir::ValueId output : node.outputs)
      if (!graph.values[output].name.empty())
        add(graph.values[output].name, graph.type(output), std::string(node.op->name));
  return table(rows);
}

}  // namespace tdc::check
