#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "check/elaborate.h"
#include "check/library.h"
#include "check/net.h"
#include "check/path_index.h"
#include "check/program.h"
#include "check/reporter.h"
#include "lora/adapter.h"
#include "lora/matrix_uses.h"

namespace tdc::check {

/// The lines of `freeze`, `train` and `lora` of one train block, applied in their order to a sound
/// net: they mark the trained parameters, and add the variables of adapters. The graph is not
/// changed; `lora::attach_adapters` does that.
class SelectionCheck {
 public:
  /// Everything trains until a line says otherwise. `statics` evaluates the lines' options.
  SelectionCheck(ElaboratedNet& net, OuterExpressions& statics, const Library& library,
                 Reporter& reporter);

  void apply(const ast::SelectClause& line, const ast::TrainClause& clause);
  /// What can be said after the last line: matrices with adapters must not train (lora-2).
  void finish();

  /// One row for each line that was applied.
  [[nodiscard]] const std::vector<SelectionRow>& rows() const { return rows_; }
  [[nodiscard]] const std::vector<lora::Adapter>& adapters() const { return adapters_; }

 private:
  struct AdapterOptions {
    int64_t rank = 0;
    double alpha = 0;
    bool trains_a = true;                   // false: `mode fa`
    std::optional<ir::Initializer> init_a;  // none: kaiming_uniform(fan_in: in)
    SourceRange origin;
  };

  [[nodiscard]] std::string source(SourceRange range) const;
  std::set<size_t> matched(const ast::Selection& selection, const PathIndex& paths,
                           const char* what);
  void report_no_match(const ast::Pattern& pattern, const PathIndex& paths, const char* what);
  void report_unused_parts(const ast::Pattern& pattern, const std::vector<size_t>& candidates,
                           const PathIndex& paths, const char* what);
  SelectionRow& add_row(const ast::TrainClause& clause);

  void select_parameters(const ast::SelectClause& line, const ast::TrainClause& clause);
  std::optional<AdapterOptions> adapter_options(const ast::SelectClause& line,
                                                const ast::TrainClause& clause);
  void add_adapters(const ast::SelectClause& line, const ast::TrainClause& clause);
  std::optional<ir::VariableId> adaptable_parameter(const CallRecord& call) const;
  bool add_adapter(const ast::SelectClause& line, const CallRecord& call, ir::VariableId base,
                   const AdapterOptions& options);
  ir::VariableId add_variable(ir::Variable variable);
  void index_variable(ir::VariableId id);
  bool are_free(const std::string& path, SourceRange range);

  ElaboratedNet& net_;
  OuterExpressions& statics_;
  const Library& library_;
  Reporter& reporter_;
  std::optional<lora::MatrixUses> uses_;             // once there is a `lora` line
  std::map<std::string, ir::VariableId> variables_;  // by path
  PathIndex parameters_;                             // what selections match
  std::vector<ir::VariableId> parameter_ids_;        // of the same
  PathIndex calls_;                                  // as `net_.calls`
  std::vector<SelectionRow> rows_;
  std::vector<lora::Adapter> adapters_;
  std::map<ir::VariableId, SourceRange> adapted_;  // the line that did it
};

}  // namespace tdc::check
