#pragma once

// What elaborating one net holds while it runs. The work is done by functions along its subjects,
// each of which takes the elaboration as `in`:
//
//   elaborate            a net whole; the `let`s of files; expressions outside of nets
//   statements           bodies
//   expressions          operators and lists: static values
//     tensor_expressions   the same over tensors: nodes
//     built_ins            `rearrange`, `zeros` and its like, functions of static values
//   calls                what is called, and with which arguments
//     block_call           the block's body, with the dims and static arguments of the call
//     op_call              a node, as the op's record says
//   shapes               declared types against those of tensors
//   parameters, paths    `param`, and who has which path

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "check/budget.h"
#include "check/library.h"
#include "check/net.h"
#include "check/paths.h"
#include "check/reporter.h"
#include "check/scopes.h"
#include "check/value.h"
#include "ops/builder.h"

namespace tdc::check {

/// A name of a body.
struct Binding {
  Value value;
  bool is_static = false;
};

/// An evaluated argument of a call with its place.
struct ArgumentValue {
  std::optional<ast::Name> label;
  Value value;
  SourceRange range;
};

/// A call with its arguments.
struct CallContext {
  const ast::Call& call;
  std::vector<ArgumentValue> arguments;  // a piped value first
};

/// One call being elaborated, the net itself, or expressions outside of nets.
struct Frame {
  explicit Frame(const FileScope& file) : scopes(file) {}

  Scopes<Binding> scopes;
  CallPlace place;                    // where its parameters belong
  const ast::Block* block = nullptr;  // null: expressions of a train block or of a file
  Frame* caller = nullptr;
  int repeat_depth = 0;
  std::optional<ir::Dims> leading;        // what `..` stands for
  std::string leading_of;                 // the argument that bound it
  const ast::Call* named_call = nullptr;  // the call that takes the name of a binding
  std::string binding_name;
  std::optional<std::vector<ArgumentValue>> returned;
  uint32_t first_value = 0;  // values from here on were made by this call
};

struct Elaboration {
  Elaboration(const Library& library, Reporter& reporter,
              const std::set<const ast::Block*>& recursive, ElaboratedNet& net);

  const Library& library;
  Reporter& reporter;
  const std::set<const ast::Block*>& recursive;  // blocks that must not be elaborated
  ElaboratedNet& net;                            // what is extended
  ops::Builder builder;                          // of its graph
  Budget budget;
  Paths paths;
  Frame* frame = nullptr;            // of what is evaluated
  std::set<std::string> used_names;  // that expressions read
  /// What `params(word)` gives in an assertion; empty: `params` is unknown.
  std::map<std::string, int64_t> parameter_counts;

  /// The text of a place.
  [[nodiscard]] std::string source(SourceRange range) const;
  /// Says that `value` is not what is wanted.
  void report_kind(SourceRange range, const std::string& wanted, const Value& value);
};

}  // namespace tdc::check
