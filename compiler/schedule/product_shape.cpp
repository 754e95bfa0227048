#include "schedule/product_shape.h"

#include <algorithm>

namespace tdc::schedule {
namespace {

bool reaches(const std::optional<ops::Access>& access, size_t axis) {
  return access && std::ranges::any_of(access->dims, [&](const ops::Reach& reach) {
           return std::ranges::count(reach.terms, axis, &ops::Reach::Term::axis) > 0;
         });
}

}  // namespace

ProductShape product_shape(const Launch& launch, const ops::Space& space) {
  ProductShape shape = {.chain = ops::chain_length(space, launch.box)};
  const size_t column_of = launch.op->kernel->gathered.value_or(1);
  for (size_t axis = 0; axis < space.axes.size(); ++axis) {
    if (space.axes[axis].kind == ops::AxisKind::chain) continue;
    const bool is_column = reaches(space.inputs[column_of], axis);
    const bool is_row = reaches(space.inputs[1 - column_of], axis);
    (is_column && is_row ? shape.batch
     : is_row            ? shape.rows
                         : shape.columns) *= launch.box[axis].extent();
  }
  return shape;
}

}  // namespace tdc::schedule
