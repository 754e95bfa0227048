#pragma once

// Who has which path: parameters, and the calls that lead to them (name-1 to name-4).

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "check/reporter.h"
#include "ir/ir.h"
#include "support/source.h"
#include "syntax/ast.h"

namespace tdc::check {

/// A call as a place for parameters; the net itself, or a place outside of nets.
struct CallPlace {
  std::string path;                 // callers included; empty for the net
  const ast::Call* call = nullptr;  // null for the net
  bool is_outside = false;          // of nets, where there are no parameters
  SourceRange origin;               // of the call
  size_t call_depth = 0;            // calls that lead to the call's place
  CallPlace* caller = nullptr;
  bool needs_index = false;      // the call stands in a `repeat` without an index in its path
  bool is_shared = false;        // `as path shared`
  bool is_claimed = false;       // the path was entered in `Paths`
  bool is_repetition = false;    // a later turn of a shared call: its parameters exist
  bool has_failed = false;       // its path is taken: reported
  std::optional<size_t> record;  // in `ElaboratedNet::calls`

  /// The path of what is called `segment` here.
  [[nodiscard]] std::string path_of(const std::string& segment) const;
};

/// The paths of one net.
class Paths {
 public:
  explicit Paths(Reporter& reporter) : reporter_(reporter) {}

  /// Enters the paths of the call that declares a parameter and of its callers, outermost first:
  /// calls that hold none have no path (name-4). False: reported, now or before.
  bool claim_calls(CallPlace& place, SourceRange origin);
  /// Enters the path of a parameter; false: somebody has it, which was reported.
  bool claim_parameter(const std::string& path, SourceRange origin, ir::VariableId variable);

  [[nodiscard]] bool is_taken(const std::string& path) const { return claims_.contains(path); }
  /// The parameter that has the path.
  [[nodiscard]] std::optional<ir::VariableId> find_parameter(const std::string& path) const;

 private:
  struct Claim {
    SourceRange origin;
    const ast::Call* call = nullptr;         // null: a parameter
    std::optional<ir::VariableId> variable;  // the parameter
  };

  bool claim(CallPlace& place);
  void report_duplicate(const std::string& path, const Claim& first, SourceRange second,
                        size_t call_depth);

  Reporter& reporter_;
  std::map<std::string, Claim> claims_;
};

}  // namespace tdc::check
