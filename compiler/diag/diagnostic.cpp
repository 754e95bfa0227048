#include "diag/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>

#include "support/check.h"
#include "support/text.h"

namespace tdc {
namespace {

std::string code_of(std::string_view id) {
  std::string code(id);
  std::replace(code.begin(), code.end(), '_', '-');
  return code;
}

std::string argument_text(const MessageArgument& argument) {
  if (const auto* text = std::get_if<std::string>(&argument)) return printable(*text);
  if (const auto* integer = std::get_if<int64_t>(&argument)) return fmt::format("{}", *integer);
  if (const auto* number = std::get_if<double>(&argument)) return fmt::format("{:g}", *number);
  return tdc::to_text(std::get<Bytes>(argument));
}

}  // namespace

/// See `diag::Entry`, which has checked the number of arguments.
std::string to_text(const Message& message) {
  const std::string_view text = message.text;
  std::string result;
  std::vector<std::string_view> names;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("{{") || text.substr(i).starts_with("}}")) {
      result += text[i++];
    } else if (text[i] == '{') {
      const size_t close = text.find('}', i);
      const std::string_view name = text.substr(i + 1, close - i - 1);
      auto found = std::find(names.begin(), names.end(), name);
      if (found == names.end()) found = names.insert(names.end(), name);
      result += argument_text(message.arguments[static_cast<size_t>(found - names.begin())]);
      i = close;
    } else {
      result += text[i];
    }
  }
  return result;
}

const std::vector<CatalogueEntry>& catalogue() {
  static const std::vector<CatalogueEntry> entries = {
#define TDC_MESSAGE(severity, id, text, ...) {Severity::severity, code_of(#id), text},
#include "diag/diagnostics.def"
#undef TDC_MESSAGE
  };
  return entries;
}

Diagnostics::Report& Diagnostics::Report::highlight(SourceRange range) {
  diagnostic_.highlights.push_back(range);
  return *this;
}

Diagnostics::Report& Diagnostics::Report::add_note(SourceRange range, const Message& message) {
  TDC_CHECK(message.severity == Severity::kNote, "`{}` is no note", message.id);
  diagnostic_.notes.push_back({.range = range, .text = to_text(message)});
  return *this;
}

Diagnostics::Report& Diagnostics::Report::add_hint(const Message& message) {
  TDC_CHECK(message.severity == Severity::kHint, "`{}` is no hint", message.id);
  TDC_CHECK(diagnostic_.hint.empty(), "a message has at most one hint");
  diagnostic_.hint = to_text(message);
  return *this;
}

Diagnostics::Report Diagnostics::report(SourceRange range, const Message& message) {
  TDC_CHECK(message.severity != Severity::kHint && !message.id.starts_with("note_"),
            "`{}` is only a part of a message", message.id);
  add({.severity = message.severity,
       .code = code_of(message.id),
       .range = range,
       .text = to_text(message),
       .highlights = {},
       .notes = {},
       .hint = {}});
  return Report(diagnostics_.back());
}

void Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::kError) ++error_count_;
  diagnostics_.push_back(std::move(diagnostic));
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> result = diagnostics_;
  std::stable_sort(result.begin(), result.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return a.range < b.range; });
  const auto is_first = [](const auto& begin, const auto& item) {
    return std::find(begin, item, *item) == item;
  };
  std::vector<Diagnostic> unique;
  auto group = result.begin();
  for (auto item = result.begin(); item != result.end(); ++item) {
    if (item->range != group->range) group = item;
    if (is_first(group, item)) unique.push_back(*item);
  }
  return unique;
}

}  // namespace tdc
