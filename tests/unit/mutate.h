#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// Words, numbers and single characters, blanks included: joined they are the text again.
inline std::vector<std::string> split_words(std::string_view text) {
  const auto is_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  std::vector<std::string> result;
  for (const char c : text) {
    if (!result.empty() && is_word(c) && is_word(result.back().back()))
      result.back() += c;
    else
      result.emplace_back(1, c);
  }
  return result;
}

/// Lines with their ends: joined they are the text again.
inline std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> result;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    result.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return result;
}

/// A program changed in one or two places as someone who knows the language might change it: a
/// number becomes another one, near ones and the ends of what can be written among them; a word
/// becomes another word of the program; a line, or any one sign, is deleted, doubled or exchanged
/// for another. Much of what comes out can be compiled.
inline std::string mutate_words(std::string_view text, std::mt19937& random) {
  constexpr std::array kNumbers = {
      "0",   "1",     "2",      "3",     "5",     "7",       "10",         "16",
      "33",  "64",    "100",    "1000",  "65536", "1000000", "2147483647", "2147483648",
      "0.5", "1e300", "1e-300", "1e999", "9.5",   "32",      "128",        "9223372036854775807"};
  const auto below = [&](size_t limit) { return random() % limit; };
  const auto starts_with = [](const std::string& piece, int (*is_kind)(int)) {
    return is_kind(static_cast<unsigned char>(piece.front())) != 0;
  };
  const auto any = [](int) { return 1; };
  // One of the pieces of a kind; the program has at least one.
  const auto pick = [&](const std::vector<std::string>& pieces, int (*is_kind)(int)) {
    size_t at = below(pieces.size());
    while (!starts_with(pieces[at], is_kind)) at = below(pieces.size());
    return at;
  };
  const auto disturb = [&](std::vector<std::string>& pieces, size_t at, size_t other) {
    switch (below(4)) {
      case 0:
        pieces[at] = " ";
        break;
      case 1:
        pieces[at] += pieces[at];
        break;
      case 2:
        std::swap(pieces[at], pieces[other]);
        break;
      default:
        pieces[at] = pieces[other];
        break;
    }
  };
  std::string result(text);
  for (size_t changes = 1 + below(2); changes > 0; --changes) {
    const size_t kind = below(10);
    std::vector<std::string> pieces = kind >= 8 ? split_lines(result) : split_words(result);
    if (kind < 4) {
      pieces[pick(pieces, std::isdigit)] = kNumbers[below(kNumbers.size())];
    } else if (kind < 7) {
      pieces[pick(pieces, std::isalpha)] = pieces[pick(pieces, std::isalpha)];
    } else if (kind < 8) {
      disturb(pieces, pick(pieces, std::isgraph), pick(pieces, std::isgraph));
    } else {
      disturb(pieces, pick(pieces, any), pick(pieces, any));
    }
    result.clear();
    for (const std::string& piece : pieces) result += piece;
  }
  return result;
}

}  // namespace tdc
