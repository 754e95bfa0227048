#pragma once

// Which step of an entry point uses which buffer.

#include "schedule/schedule.h"

namespace tdc::schedule {

/// Calls `visit(view, is_written)` for everything that a step touches: what it reads before what
/// it writes.
template <typename Visit>
void visit_views(const Step& step, Visit visit) {
  if (const auto* launch = std::get_if<Launch>(&step)) {
    for (const std::optional<View>& input : launch->inputs)
      if (input) visit(*input, false);
    for (const View& output : launch->outputs) visit(output, true);
  } else if (const auto* copy = std::get_if<Copy>(&step)) {
    visit(copy->from, false);
    visit(copy->to, true);
  }
}

}  // namespace tdc::schedule
