#pragma once

#include <optional>

#include "check/net.h"
#include "check/program.h"
#include "check/reporter.h"

namespace tdc::check {

/// Checks a `data` block for `net` (data-1 to data-3). Null if something was reported.
std::optional<Data> check_data(const ast::Data& data, SourceRange origin, const ElaboratedNet& net,
                               Reporter& reporter);

}  // namespace tdc::check
