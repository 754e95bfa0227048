#pragma once

// A launch whose work is counted by points, as matrix products.

#include <cstdint>

#include "schedule/schedule.h"

namespace tdc::schedule {

/// `batch` products of `rows` x `columns` results, each the sum of `chain` terms.
struct ProductShape {
  int64_t batch = 1, rows = 1, columns = 1, chain = 1;
};

/// Columns are those of the operand that the kernel gathers, or the right one's. `space` is the
/// launch's, whose op has `Work::points`.
ProductShape product_shape(const Launch& launch, const ops::Space& space);

}  // namespace tdc::schedule
