#include "support/units.h"

#include <fmt/format.h>

#include <cstdlib>

namespace tdc {

std::string to_text(Bytes bytes) {
  constexpr int64_t kKibi = 1024;
  constexpr int64_t kMebi = kKibi * kKibi;
  const int64_t magnitude = std::abs(bytes.count);
  if (magnitude < kKibi) return fmt::format("{} B", bytes.count);
  const bool is_mebi = magnitude >= kMebi;
  const int64_t unit = is_mebi ? kMebi : kKibi;
  const char* name = is_mebi ? "MiB" : "KiB";
  if (bytes.count % unit == 0) return fmt::format("{} {}", bytes.count / unit, name);
  return fmt::format("{:.1f} {}", static_cast<double>(bytes.count) / static_cast<double>(unit),
                     name);
}

}  // namespace tdc
