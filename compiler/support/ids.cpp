#include "support/ids.h"

#include <fmt/format.h>

#include "support/check.h"

namespace tdc {

void id_fault(uint32_t index, size_t count) {
  internal_fault(__FILE__, __LINE__, "id.index < items_.size()",
                 fmt::format("id {} of {}", index, count));
}

}  // namespace tdc
