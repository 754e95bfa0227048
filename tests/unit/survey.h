#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tdc {

/// How often each outcome came, and the items that came to none.
struct Survey {
  std::vector<int64_t> counts;
  std::vector<std::string> failures;  ///< at most ten: `item 17: ...`
};

/// Does `ask` for every item of 0 .. `items` in child processes, one per processor, and counts its
/// answers, which are below `outcomes`. An item that ends its process (a crash, a sanitizer, an
/// internal fault), throws, or needs more than `limit` of processor time is a failure, and the
/// others go on.
///
/// Children inherit the state of this process and cannot change it.
Survey survey(int64_t items, size_t outcomes, std::chrono::seconds limit,
              const std::function<size_t(int64_t item)>& ask);

}  // namespace tdc
