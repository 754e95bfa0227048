#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tdc {

/// The candidate most like `name`, for "did you mean": at most one edit per three characters away
/// (at least one), letter case ignored when nothing else fits; the first of equals. Null: nothing
/// is near.
std::optional<std::string> nearest(std::string_view name,
                                   const std::vector<std::string>& candidates);

/// "a", "a or b", "a, b or c" (with `last` = "or"). Empty for no items.
std::string join_words(const std::vector<std::string>& items, std::string_view last);

}  // namespace tdc
