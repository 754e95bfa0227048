#include "graph/verify.h"

#include <fmt/format.h>

#include <set>

#include "ops/registry.h"
#include "support/check.h"

namespace tdc::graph {
namespace {

class GraphVerifier {
 public:
  GraphVerifier(const ir::Module& module, const ir::Graph& graph,
                std::vector<std::string>& violations)
      : module_(module), graph_(graph), violations_(violations) {}

  void run() {
    sources_.resize(graph_.values.size(), 0);
    is_defined_.resize(graph_.values.size(), 0);
    for (const ir::Input& input : graph_.inputs) define(input.value, {}, "an input");
    for (const ir::Read& read : graph_.reads) define(read.value, {}, "a read");
    for (const ir::NodeId id : graph_.nodes.ids()) check_node(id);
    check_variables();
    for (const ir::ValueId value : graph_.values.ids())
      if (sources_[value] != 1)
        report(2, fmt::format("value {} has {} sources", value.index, int{sources_[value]}));
    for (const ir::Output& output : graph_.outputs)
      if (!is_known(output.value) || is_defined_[output.value] == 0)
        report(1, fmt::format("output `{}` is not defined", output.name));
  }

 private:
  void report(int invariant, const std::string& text) {
    violations_.push_back(fmt::format("invariant {} in `{}`: {}", invariant, graph_.name, text));
  }

  bool is_known(ir::ValueId value) const {
    return value.is_valid() && value.index < graph_.values.size();
  }

  void define(ir::ValueId value, ir::NodeId producer, std::string_view what) {
    if (!is_known(value)) {
      report(2, fmt::format("{} gives no value of the graph", what));
      return;
    }
    ++sources_[value];
    is_defined_[value] = 1;
    if (graph_.values[value].producer != producer)
      report(2, fmt::format("value {} names another producer than {}", value.index, what));
  }

  void check_node(ir::NodeId id) {
    const ir::Node& node = graph_.nodes[id];
    const std::string what = fmt::format("node {} (`{}`)", id.index, node.op->name);
    bool has_all = true;
    for (const ir::ValueId input : node.inputs) {
      if (!input.is_valid()) continue;
      if (!is_known(input) || is_defined_[input] == 0) {
        report(1, fmt::format("{} uses value {} before it exists", what, input.index));
        has_all = false;
        continue;
      }
      const ir::NodeId producer = graph_.values[input].producer;
      if (producer.is_valid() && producer.index < graph_.nodes.size() &&
          is_earlier(node.phase, graph_.nodes[producer].phase))
        report(6, fmt::format("{} is {} and uses a value of the {} phase", what,
                              to_text(node.phase), to_text(graph_.nodes[producer].phase)));
    }
    for (const ir::ValueId output : node.outputs) define(output, id, what);
    if (!has_all) return;
    check_types(node, what);
    if (graph_.batch == 0) return;
    for (const ir::ValueId output : node.outputs) {
      if (!is_known(output)) continue;
      const ir::Value& value = graph_.values[output];
      if (value.is_batched && (value.type.dims.empty() || value.type.dims[0] != graph_.batch))
        report(5, fmt::format("{} depends on the sample but has shape {}", what,
                              ir::to_text(value.type.dims)));
    }
  }

  /// Forward and loss are one stretch; then backward, then update.
  static bool is_earlier(ir::Phase a, ir::Phase b) {
    const auto stretch = [](ir::Phase phase) {
      return phase <= ir::Phase::loss ? ir::Phase::loss : phase;
    };
    return stretch(a) < stretch(b);
  }

  void check_types(const ir::Node& node, const std::string& what) {
    const ops::Call call = ops::call_of(graph_, node);
    const ops::TypeResult types = ops::infer_types(*node.op, call);
    if (const auto* problem = std::get_if<ops::TypeProblem>(&types)) {
      report(3, fmt::format("{}: {}", what, to_text(problem->message)));
    } else if (std::get<std::vector<ir::TensorType>>(types) != call.outputs) {
      report(3, fmt::format("{} has other output types than its record infers", what));
    }
  }

  void check_variables() {
    std::set<ir::VariableId> read, written;
    for (const ir::Read& each : graph_.reads) {
      if (each.variable.index >= module_.variables.size()) {
        report(4, "a read of no variable");
        continue;
      }
      const ir::Variable& variable = module_.variables[each.variable];
      if (!read.insert(each.variable).second)
        report(4, fmt::format("`{}` is read twice", variable.path));
      if (is_known(each.value) && graph_.type(each.value) != variable.type)
        report(4,
               fmt::format("`{}` is read as {}", variable.path, to_text(graph_.type(each.value))));
    }
    for (const ir::Write& each : graph_.writes) {
      if (each.variable.index >= module_.variables.size()) {
        report(4, "a write of no variable");
        continue;
      }
      const ir::Variable& variable = module_.variables[each.variable];
      if (!written.insert(each.variable).second)
        report(4, fmt::format("`{}` is written twice", variable.path));
      if (!read.contains(each.variable))
        report(4, fmt::format("`{}` is written but not read", variable.path));
      if (!is_known(each.value) || is_defined_[each.value] == 0)
        report(1, fmt::format("`{}` is written from nothing", variable.path));
      else if (graph_.type(each.value) != variable.type)
        report(4, fmt::format("`{}` is written as {}", variable.path,
                              to_text(graph_.type(each.value))));
    }
  }

  const ir::Module& module_;
  const ir::Graph& graph_;
  std::vector<std::string>& violations_;
  IdVector<ir::ValueId, char> sources_;
  IdVector<ir::ValueId, char> is_defined_;
};

}  // namespace

std::vector<std::string> find_violations(const ir::Module& module) {
  std::vector<std::string> violations;
  for (const ir::Graph& graph : module.graphs) GraphVerifier(module, graph, violations).run();
  return violations;
}

void verify(const ir::Module& module, std::string_view where) {
  const std::vector<std::string> violations = find_violations(module);
  if (!violations.empty()) set_fault_context(std::string(where));
  TDC_CHECK(violations.empty(), "{}", violations.front());
}

}  // namespace tdc::graph
