#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>

namespace tdc {

/// `bytes` damaged in one place, as files get damaged and as attackers damage them: a byte or a
/// length field replaced, a piece cut out, doubled or inserted, or the end cut off.
inline std::string mutate(std::string bytes, std::mt19937& random) {
  const auto below = [&](size_t limit) { return limit == 0 ? 0 : random() % limit; };
  const size_t at = below(bytes.size());
  const size_t length = 1 + below(std::min<size_t>(bytes.size() - at, 40));
  switch (random() % 7) {
    case 0:
      bytes[at] = static_cast<char>(random());
      break;
    case 1:
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
      break;
    case 2:
      bytes.resize(at);
      break;
    case 3:
      bytes.erase(at, length);
      break;
    case 4:
      bytes.insert(at, bytes.substr(below(bytes.size()), length));
      break;
    case 5:
      bytes.insert(at, bytes.substr(at, length));
      break;
    default: {
      constexpr std::array<uint64_t, 6> kNasty = {0,          1,          0x7fffffff,
                                                  0xffffffff, UINT64_MAX, INT64_MAX};
      const uint64_t value = kNasty[below(kNasty.size())];
      const size_t width = size_t{1} << below(4);
      for (size_t i = 0; i < width && at + i < bytes.size(); ++i)
        bytes[at + i] = static_cast<char>(value >> (8 * i));
    }
  }
  return bytes;
}

}  // namespace tdc
