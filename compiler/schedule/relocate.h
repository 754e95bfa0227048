#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "schedule/schedule.h"

namespace tdc::schedule {

/// A view of a buffer whose elements lie elsewhere. `view` is in elements of the buffer, which has
/// the shape `place.extent`; element i of it lies at `place.offset` + sum of i[k] * place.stride[k]
/// of `place.buffer`. Gives the same elements as a view of that buffer; nullopt if no strides do:
///
///     buffer [2, 3] of b1 with strides [1, 2]      view [3] from 3       ->  b1[3] from 1 stride 2
///                                                  view [6] from 0       ->  none
std::optional<View> relocate(const View& view, const View& place);

/// A view as runs of `length` elements that lie side by side, one for each index of its first
/// `outer` axes.
struct Runs {
  size_t outer = 0;
  int64_t length = 1;
};
Runs runs_of(const View& view);

/// A view with the strides of axes of extent 1 as they are in a dense tensor.
View with_plain_strides(View view);

}  // namespace tdc::schedule
