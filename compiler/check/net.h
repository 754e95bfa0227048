#pragma once

#include <map>
#include <string>
#include <vector>

#include "check/library.h"
#include "check/value.h"
#include "ir/ir.h"
#include "support/source.h"
#include "syntax/ast.h"

namespace tdc::check {

/// A call that directly holds parameters, for `lora`.
struct CallRecord {
  std::string path;
  SourceRange origin;
  std::vector<ir::VariableId> parameters;
};

/// A net (or what of it could be elaborated).
struct ElaboratedNet {
  const ast::Block* net = nullptr;
  const FileScope* file = nullptr;
  ir::Module module;  // one graph, `sample`
  std::vector<CallRecord> calls;
  std::map<std::string, Value> names;             // inputs and results
  std::map<ir::ValueId, int64_t> classes;         // of `class(n)` inputs: n
  std::map<ir::ValueId, ir::VariableId> states;   // by what reads them
  std::map<ir::VariableId, SourceRange> updates;  // where each state is updated
  bool is_sound = false;                          // false: something was reported
};

}  // namespace tdc::check
