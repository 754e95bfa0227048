#pragma once

#include <set>
#include <string>
#include <vector>

#include "syntax/ast.h"

namespace tdc::check {

/// What a body does with the values that it is given and makes.
struct BodyReads {
  /// The names in `let`s and `name = ...` whose value no way through the body reads, in the order
  /// of the text. Those that start with `_` are left out; one that is read nowhere stands there
  /// once.
  std::vector<ast::Name> unread;
  std::set<std::string> from_outside;  ///< names that are read before the body binds them
};

BodyReads reads_of(const ast::Body& body);

}  // namespace tdc::check
