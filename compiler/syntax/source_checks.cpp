#include "syntax/source_checks.h"

#include <algorithm>

#include <fmt/format.h>

namespace tdc {
namespace {

uint8_t byte_at(std::string_view text, size_t offset) {
  return static_cast<uint8_t>(text[offset]);
}

/// The code point of the character at `offset`, which is valid.
uint32_t code_point(std::string_view text, size_t offset) {
  const size_t bytes = character_bytes(text, offset);
  if (bytes == 1) return byte_at(text, offset);
  uint32_t point = byte_at(text, offset) & (0x7FU >> bytes);
  for (size_t i = 1; i < bytes; ++i) point = point << 6 | (byte_at(text, offset + i) & 0x3FU);
  return point;
}

}  // namespace

size_t character_bytes(std::string_view text, size_t offset) {
  const uint8_t first = byte_at(text, offset);
  if (first < 0x80) return 1;
  const size_t bytes = first >= 0xF0 && first <= 0xF4  ? 4
                       : first >= 0xE0 && first < 0xF0 ? 3
                       : first >= 0xC2 && first < 0xE0 ? 2
                                                       : 0;
  if (bytes == 0 || offset + bytes > text.size()) return 0;
  for (size_t i = 1; i < bytes; ++i)
    if ((byte_at(text, offset + i) & 0xC0) != 0x80) return 0;
  // Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte.
  const uint8_t second = byte_at(text, offset + 1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second >= 0xA0) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second >= 0x90))
    return 0;
  return bytes;
}

std::string describe_character(std::string_view text, size_t offset) {
  const uint32_t point = code_point(text, offset);
  const std::string_view character = text.substr(offset, character_bytes(text, offset));
  if (point < 0x80) return fmt::format("`{}`", character);
  // Below U+00A0 are controls; the others here are invisible (spaces, marks of direction and
  // order).
  const bool is_hidden = point <= 0xA0 || (point >= 0x2000 && point <= 0x200F) ||
                         (point >= 0x2028 && point <= 0x202F) || point == 0x3000 ||
                         point == 0xFEFF || (point >= 0x2060 && point <= 0x206F);
  return is_hidden ? fmt::format("U+{:04X}", point)
                   : fmt::format("`{}` (U+{:04X})", character, point);
}

bool check_source(const SourceFiles& files, FileId file, Diagnostics& diagnostics) {
  const std::string_view text = files.text(file);
  const Bytes size{static_cast<int64_t>(text.size())};
  if (size > kMostSourceBytes) {
    diagnostics.report({.file = file, .begin = 0, .end = 0}, diag::source_size, size,
                       kMostSourceBytes);
    return false;
  }
  int errors = 0;
  for (size_t i = 0; i < text.size();) {
    const size_t bytes = character_bytes(text, i);
    const uint8_t byte = byte_at(text, i);
    const bool is_newline = byte == '\n' || text.substr(i).starts_with("\r\n");
    const bool is_control = (byte < 0x20 && byte != '\t' && !is_newline) || byte == 0x7F;
    const size_t end = i + std::max<size_t>(bytes, 1);
    if (bytes == 0 || is_control) {
      const SourceRange range{
          .file = file, .begin = static_cast<uint32_t>(i), .end = static_cast<uint32_t>(end)};
      if (++errors > kMostSyntaxErrors) {
        diagnostics.report(range, diag::too_many_errors, kMostSyntaxErrors);
        return false;
      }
      const std::string value = fmt::format("0x{:02X}", byte);
      if (bytes == 0) {
        diagnostics.report(range, diag::source_encoding, value);
      } else {
        diagnostics.report(range, diag::source_control, value);
      }
    }
    i = end;
  }
  return errors == 0;
}

}  // namespace tdc
