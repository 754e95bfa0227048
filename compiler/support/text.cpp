#include "support/text.h"

#include <llvm/ADT/StringRef.h>

#include <algorithm>

namespace tdc {

std::optional<std::string> nearest(std::string_view name,
                                   const std::vector<std::string>& candidates) {
  const llvm::StringRef wanted(name.data(), name.size());
  const auto limit = static_cast<unsigned>(std::max<size_t>(1, name.size() / 3));
  std::optional<std::string> best;
  unsigned best_distance = limit + 1;
  for (const std::string& candidate : candidates) {
    const unsigned distance = wanted.edit_distance(candidate, true, limit);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  if (best) return best;
  for (const std::string& candidate : candidates)
    if (wanted.equals_insensitive(candidate)) return candidate;
  return std::nullopt;
}

std::string join_words(const std::vector<std::string>& items, std::string_view last) {
  std::string result;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) result += i + 1 == items.size() ? " " + std::string(last) + " " : ", ";
    result += items[i];
  }
  return result;
}

}  // namespace tdc
