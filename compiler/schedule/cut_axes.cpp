#include "schedule/cut_axes.h"

#include <algorithm>

namespace tdc::schedule {

std::optional<size_t> dimension_along(const ops::Access& access, size_t axis) {
  std::optional<size_t> found;
  for (size_t i = 0; i < access.dims.size(); ++i)
    for (const ops::Reach::Term& term : access.dims[i].terms) {
      if (term.axis != axis) continue;
      if (found) return std::nullopt;
      found = i;
    }
  return found;
}

std::optional<size_t> axis_of_dimension(const ops::Space& space, size_t dimension) {
  const ops::Reach& reach = space.outputs.at(0).dims.at(dimension);
  std::optional<size_t> found;
  for (const ops::Reach::Term& term : reach.terms) {
    if (space.axes[term.axis].extent == 1) continue;
    if (found || term.coefficient != 1) return std::nullopt;
    found = term.axis;
  }
  const bool is_own = found && reach.windows.empty() &&
                      space.axes[*found].kind == ops::AxisKind::parallel &&
                      dimension_along(space.outputs[0], *found) == dimension;
  return is_own ? found : std::nullopt;
}

bool are_alike(const ops::Access& a, const ops::Access& b) {
  const auto is_along = [](const ops::Reach& reach, const ops::Reach& other) {
    return reach.windows.empty() && other.windows.empty() && reach.terms.size() == 1 &&
           other.terms.size() == 1 && reach.terms[0].axis == other.terms[0].axis &&
           reach.terms[0].coefficient == 1 && other.terms[0].coefficient == 1;
  };
  return std::equal(a.dims.begin(), a.dims.end(), b.dims.begin(), b.dims.end(), is_along);
}

}  // namespace tdc::schedule
