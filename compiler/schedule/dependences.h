#pragma once

// Which steps must stay in their order: those that touch the same memory, unless both only read it.

#include <vector>

#include "schedule/schedule.h"

namespace tdc::schedule {

/// The memory that a step touches. Roots: buffers whose memory is their own.
struct Touch {
  BufferId root;
  bool writes = false;
};
using Roots = IdVector<BufferId, BufferId>;  ///< what `alias_roots` gives
std::vector<Touch> touches(const Roots& roots, const Step& step);

/// Step `from` comes before step `to`; both count within their entry point.
struct Dependence {
  size_t from, to;
};
/// Every two steps that must keep their order are connected by a path of these. As many as there
/// are touches, about.
std::vector<Dependence> find_dependences(const Roots& roots, const EntryPoint& entry_point);

}  // namespace tdc::schedule
