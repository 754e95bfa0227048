#include "syntax/literals.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace tdc {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The byte that the escape `\c` stands for.
std::optional<char> unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case '"':
    case '\\':
    case '{':
    case '}':
      return c;
    default:
      return std::nullopt;
  }
}

SourceRange part(SourceRange range, size_t begin, size_t end) {
  return {.file = range.file,
          .begin = range.begin + static_cast<uint32_t>(begin),
          .end = range.begin + static_cast<uint32_t>(end)};
}

/// Appends the character at `i` of `text`, decoded; returns the index behind it.
size_t decode_character(std::string_view text, size_t i, SourceRange range, std::string& value,
                        Diagnostics& diagnostics) {
  if (text[i] != '\\') {
    value += text[i];
    return i + 1;
  }
  if (const auto byte = unescape(text[i + 1])) {
    value += *byte;
    return i + 2;
  }
  // The escape is the whole character behind the backslash, be it of several bytes.
  size_t end = i + 2;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  diagnostics.report(part(range, i, end), diag::string_escape,
                     std::string(text.substr(i, end - i)));
  value += text.substr(i + 1, end - i - 1);
  return end;
}

/// Not by `from_chars`, which libc++ 19 has for integers only. The compiler never leaves the C
/// locale.
double decode_float(const std::string& digits, std::errc& error) {
  errno = 0;
  const double value = std::strtod(digits.c_str(), nullptr);
  // Subnormal numbers set it as well, and are numbers.
  if (errno == ERANGE && (value == 0 || std::isinf(value))) error = std::errc::result_out_of_range;
  return value;
}

}  // namespace

const std::vector<std::string>& unit_names() {
  static const std::vector<std::string> names = {"KiB", "MiB", "GiB", "us",
                                                 "ms",  "kHz", "MHz", "GHz"};
  return names;
}

bool is_well_grouped(std::string_view number) {
  for (size_t i = 0; i < number.size(); ++i) {
    if (number[i] != '_') continue;
    const bool between =
        i > 0 && is_digit(number[i - 1]) && i + 1 < number.size() && is_digit(number[i + 1]);
    if (!between) return false;
  }
  return true;
}

ast::Number decode_number(std::string_view text, SourceRange range, Diagnostics& diagnostics) {
  ast::Number number{.value = int64_t{0}, .unit = std::nullopt, .range = range};
  for (size_t i = 0; i < unit_names().size(); ++i)
    if (text.ends_with(unit_names()[i])) number.unit = static_cast<ast::Unit>(i);
  if (number.unit) {
    text.remove_suffix(unit_names()[static_cast<size_t>(*number.unit)].size());
    if (!is_digit(text.back())) text.remove_suffix(1);  // the blank
  }

  std::string digits(text);
  std::erase(digits, '_');
  const char* end = digits.data() + digits.size();
  const bool is_float = digits.find_first_of(".eE") != std::string::npos;
  std::errc error{};
  if (is_float) {
    number.value = decode_float(digits, error);
  } else {
    int64_t value = 0;
    error = std::from_chars(digits.data(), end, value).ec;
    number.value = value;
  }
  if (error != std::errc{})
    diagnostics.report(range, diag::number_range, std::string(text),
                       is_float ? "a float" : "64 bits");
  return number;
}

ast::String decode_string(std::string_view text, SourceRange range, Diagnostics& diagnostics) {
  ast::String string{.value = {}, .range = range, .escapes = {}};
  for (size_t i = 1; i + 1 < text.size();) {
    const auto index = static_cast<uint32_t>(string.value.size());
    if (text[i] == '\\') string.escapes.push_back(index);
    i = decode_character(text, i, range, string.value, diagnostics);
  }
  return string;
}

std::vector<MessagePiece> split_message(std::string_view text, SourceRange range,
                                        Diagnostics& diagnostics) {
  std::vector<MessagePiece> pieces;
  std::string value;
  const size_t quote = text.size() - 1;
  for (size_t i = 1; i < quote;) {
    if (text[i] == '{') {
      const size_t close = text.find('}', i);
      if (close == std::string_view::npos) {
        diagnostics.report(part(range, i, i + 1), diag::message_brace, "`{` is never closed")
            .hint(diag::hint_write_instead, "`\\{` for the brace itself");
        return pieces;
      }
      if (!value.empty()) pieces.emplace_back(std::exchange(value, {}));
      pieces.emplace_back(part(range, i + 1, close));
      i = close + 1;
    } else if (text[i] == '}') {
      diagnostics.report(part(range, i, i + 1), diag::message_brace, "`}` closes nothing")
          .hint(diag::hint_write_instead, "`\\}` for the brace itself");
      ++i;
    } else {
      i = decode_character(text, i, range, value, diagnostics);
    }
  }
  if (!value.empty()) pieces.emplace_back(std::move(value));
  return pieces;
}

}  // namespace tdc
