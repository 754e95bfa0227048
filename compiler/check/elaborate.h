#pragma once

// From blocks to the graph of one sample. A call of a block is replaced by the block's body with
// the dims and static arguments of that call, as templates are: static expressions are evaluated,
// `if` and `repeat` disappear, shapes are unified, and every tensor expression becomes nodes.
// `check/elaboration.h` says how the work is divided.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "check/elaboration.h"
#include "check/library.h"
#include "check/net.h"
#include "check/reporter.h"
#include "ir/ir.h"
#include "ops/builder.h"

namespace tdc::check {

/// Elaborates a net of `file`, or what of it can be. Blocks of `recursive` are not entered.
ElaboratedNet elaborate_net(const ast::Block& block, const FileScope& file, const Library& library,
                            Reporter& reporter, const std::set<const ast::Block*>& recursive);

/// Evaluates the `let`s of all files.
void evaluate_lets(const std::vector<FileScope*>& files, const Library& library,
                   Reporter& reporter);

/// Expressions outside of nets: of train blocks, over a net's inputs, results and targets, and of
/// files. Numbers that they need are read by the same rules.
class OuterExpressions {
 public:
  /// `net` is extended by what the expressions compute; its file gives names their meaning.
  OuterExpressions(const Library& library, Reporter& reporter,
                   const std::set<const ast::Block*>& recursive, ElaboratedNet& net);
  OuterExpressions(const OuterExpressions&) = delete;
  OuterExpressions& operator=(const OuterExpressions&) = delete;

  /// Makes a name known to the expressions that follow.
  void define(const ast::Name& name, Value value);
  /// Whatever reads the name from here on gives an error that is said.
  void poison(const ast::Name& name);
  /// Adds a target of the given type, `class(n)` included; false: reported.
  bool add_target(const ast::Name& name, const ast::Type& type);
  Value evaluate(const ast::Expr& expr);
  /// Names that expressions read since this was made.
  [[nodiscard]] const std::set<std::string>& used_names() const { return in_.used_names; }
  [[nodiscard]] ops::Builder& builder() { return in_.builder; }
  /// What `params(word)` gives in an assertion; without it, `params` is unknown.
  void set_parameter_counts(std::map<std::string, int64_t> counts) {
    in_.parameter_counts = std::move(counts);
  }

  /// An initial value as `param` takes it; null: reported.
  std::optional<ir::Initializer> initializer(const ast::Expr& expr);
  /// A static number; null: reported.
  std::optional<double> static_number(const ast::Expr& expr);
  /// Whether f32 can hold `number` (limit-4); false: reported. `range` is what gave it.
  bool is_f32(double number, SourceRange range);

 private:
  Elaboration in_;
  Frame frame_;
};

}  // namespace tdc::check
