#include "diag/render.h"

#include <fmt/format.h>

#include <algorithm>

#include "support/text.h"

namespace tdc {

std::string_view to_text(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
    case Severity::kHint:
      return "hint";
  }
  return "";
}

namespace {

constexpr size_t kLineBytes = 160;  // longer lines are cut around the place

struct Colour {
  std::string_view on, off;
};

Colour colour(RenderOptions options, std::string_view escape) {
  if (!options.colours) return {"", ""};
  return {escape, "\x1b[0m"};
}

Colour colour(RenderOptions options, Severity severity) {
  switch (severity) {
    case Severity::kError:
      return colour(options, "\x1b[1;31m");
    case Severity::kWarning:
      return colour(options, "\x1b[1;35m");
    case Severity::kNote:
    case Severity::kHint:
      return colour(options, "\x1b[1;36m");
  }
  return {"", ""};
}

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// `place: severity: text`, the place only where there is one.
std::string head(Severity severity, SourceRange range, std::string_view text,
                 const SourceFiles& files, RenderOptions options) {
  const Colour bold = colour(options, "\x1b[1m");
  const Colour tint = colour(options, severity);
  const std::string place =
      range.is_valid()
          ? fmt::format("{}{}:{} ", bold.on, printable(files.describe(range)), bold.off)
          : "";
  return fmt::format("{}{}{}:{} {}", place, tint.on, to_text(severity), tint.off, text);
}

/// The source line of the message and the underline below it.
std::string excerpt(const Diagnostic& diagnostic, const SourceFiles& files, RenderOptions options) {
  const SourceRange range = diagnostic.range;
  const LineColumn at = files.line_column(range.file, range.begin);
  const std::string_view line = files.line_text(range.file, range.begin);
  const uint32_t line_begin = range.begin - (at.column - 1);

  // One mark per byte, and one behind the end of the line for what is missing there.
  std::string marks(line.size() + 1, ' ');
  const auto mark = [&](SourceRange part) {
    if (part.file != range.file || part.begin < line_begin || part.begin > line_begin + line.size())
      return;
    const size_t begin = part.begin - line_begin;
    const size_t end =
        std::min<size_t>(std::max(part.end, part.begin + 1) - line_begin, marks.size());
    std::fill(marks.begin() + begin, marks.begin() + end, '~');
  };
  for (const SourceRange& highlight : diagnostic.highlights) mark(highlight);
  mark(range);
  const size_t caret = std::min<size_t>(at.column - 1, line.size());
  marks[caret] = '^';

  size_t begin = caret > kLineBytes / 2 && line.size() > kLineBytes ? caret - kLineBytes / 2 : 0;
  size_t end = std::min(line.size(), begin + kLineBytes);
  while (begin > 0 && is_continuation(line[begin])) --begin;
  while (end < line.size() && is_continuation(line[end])) ++end;

  std::string text, underline;
  if (begin > 0) text = underline = "... ", underline = "    ";
  for (size_t i = begin; i < end; ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    const bool is_control = (byte < 0x20 && byte != '\t') || byte == 0x7F;
    text += is_control ? '?' : line[i];
    // The underline counts characters and repeats tabs, so that it stays below its text.
    if (!is_continuation(line[i]))
      underline += line[i] == '\t' && marks[i] == ' ' ? '\t' : marks[i];
  }
  if (end < line.size()) {
    text += " ...";
  } else {
    underline += marks[line.size()];
  }
  underline.erase(underline.find_last_not_of(" \t") + 1);

  const Colour tint = colour(options, diagnostic.severity);
  return fmt::format("{:>5} | {}\n      | {}{}{}\n", at.line, text, tint.on, underline, tint.off);
}

}  // namespace

std::string render(const Diagnostic& diagnostic, const SourceFiles& files, RenderOptions options) {
  std::string result = fmt::format(
      "{} [{}]\n", head(diagnostic.severity, diagnostic.range, diagnostic.text, files, options),
      diagnostic.code);
  if (diagnostic.range.is_valid()) result += excerpt(diagnostic, files, options);
  for (const DiagnosticNote& note : diagnostic.notes)
    result += head(Severity::kNote, note.range, note.text, files, options) + "\n";
  if (!diagnostic.hint.empty())
    result += head(Severity::kHint, {}, diagnostic.hint, files, options) + "\n";
  return result;
}

std::string render(const Diagnostics& diagnostics, const SourceFiles& files,
                   RenderOptions options) {
  std::string result;
  for (const Diagnostic& diagnostic : diagnostics.sorted())
    result += render(diagnostic, files, options);
  return result;
}

}  // namespace tdc
