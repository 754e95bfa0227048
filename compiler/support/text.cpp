#include "support/text.h"

#include <fmt/format.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/ConvertUTF.h>

#include <algorithm>

namespace tdc {
namespace {

/// The bytes of the UTF-8 character that the text begins with; 0 if it begins with none.
size_t character_bytes(std::string_view text) {
  const auto* begin = reinterpret_cast<const llvm::UTF8*>(text.data());
  const size_t bytes = llvm::getNumBytesForUTF8(*begin);
  const bool is_whole = bytes <= text.size() && llvm::isLegalUTF8Sequence(begin, begin + bytes);
  return is_whole ? bytes : 0;
}

/// Whether a character of more than one byte acts on the text around it: C1 controls, line and
/// paragraph separators, marks of direction.
bool is_acting(std::string_view character) {
  if (character.size() == 2) return character[0] == '\xC2' && character[1] < '\xA0';
  if (character.size() != 3 || character[0] != '\xE2') return false;
  const auto last = static_cast<unsigned char>(character[2]);
  if (character[1] == '\x80') return last >= 0x8E && last <= 0xAE && (last < 0x90 || last > 0xA7);
  return character[1] == '\x81' && last >= 0xA6 && last <= 0xA9;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const size_t bytes = character_bytes(text);
    const bool is_shown =
        bytes > 1 ? !is_acting(text.substr(0, bytes)) : bytes == 1 && byte >= 0x20 && byte != 0x7F;
    const std::string_view part = text.substr(0, std::max<size_t>(bytes, 1));
    if (is_shown) {
      result += part;
    } else if (byte == '\n' || byte == '\t') {
      result += byte == '\n' ? "\\n" : "\\t";
    } else {
      for (const char c : part) result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    text.remove_prefix(part.size());
  }
  return result;
}

bool is_plain_name(std::string_view text) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && is_word(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_word(c) || c == '-' || c == '.'; });
}

namespace {

/// Whether two neighbouring characters are exchanged and nothing else differs.
bool is_swapped(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto at =
      static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] &&
         a.substr(at + 2) == b.substr(at + 2);
}

}  // namespace

std::optional<std::string> nearest(std::string_view name,
                                   const std::vector<std::string>& candidates) {
  const llvm::StringRef wanted(name.data(), name.size());
  const auto limit = static_cast<unsigned>(std::max<size_t>(1, name.size() / 3));
  std::optional<std::string> best;
  unsigned best_distance = limit + 1;
  for (const std::string& candidate : candidates) {
    const unsigned distance =
        is_swapped(name, candidate) ? 1 : wanted.edit_distance(candidate, true, limit);
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

std::string real_text(double value) {
  const std::string text = fmt::format("{}", value);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

}  // namespace tdc
