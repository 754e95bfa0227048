#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace tdc {

/// A number of bytes.
struct Bytes {
  int64_t count = 0;

  friend auto operator<=>(const Bytes&, const Bytes&) = default;
  friend Bytes operator+(Bytes a, Bytes b) { return {a.count + b.count}; }
  friend Bytes operator-(Bytes a, Bytes b) { return {a.count - b.count}; }
  friend Bytes operator*(Bytes a, int64_t times) { return {a.count * times}; }
  Bytes& operator+=(Bytes other) {
    count += other.count;
    return *this;
  }
};

/// `bytes` rounded up to a multiple of `alignment` (both in bytes, alignment positive).
inline Bytes align_up(Bytes bytes, Bytes alignment) {
  return {(bytes.count + alignment.count - 1) / alignment.count * alignment.count};
}

/// For people: `512 B`, `12.5 KiB`, `2 MiB`; at most one decimal.
std::string to_text(Bytes bytes);

}  // namespace tdc
